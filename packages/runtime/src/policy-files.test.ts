import { expect, test } from "vitest";
import { loadPolicyFiles } from "./policy-files.ts";

test("the files are found through the package's exports, in the order of their names", () => {
  const names = loadPolicyFiles().map(({ name }) => name);
  expect(names).toEqual([...names].sort());
  expect(names).toContain("base.cedar");
  expect(names).toContain("schema.cedarschema");
  expect(names.every((name) => /^(?:P[0-9]{2}|base)\.cedar$|^schema\.cedarschema$/.test(name))).toBe(true);
});

test("none is empty", () => {
  expect(loadPolicyFiles().filter(({ content }) => content.trim() === "")).toEqual([]);
});
