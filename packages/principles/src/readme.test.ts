import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { loadFiles } from "../test/fixtures.ts";
import { FACTS } from "./facts.ts";
import { loadPolicySet } from "./policy-set.ts";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");

/** The rows of the table under a heading, cell by cell. */
function toRows(heading: string): string[][] {
  const section = readme.split(`## ${heading}\n`)[1]?.split("\n## ")[0] ?? "";
  const lines = section.split("\n").filter((line) => line.startsWith("| `"));
  return lines.map((line) =>
    line
      .slice(1, -1)
      .split("|")
      .map((cell) => cell.trim()),
  );
}

test("the table of facts is the list of facts", () => {
  const expected = Object.entries(FACTS).map(([name, { type, optional, means }]) => {
    return [`\`${name}\``, optional ? `\`${type}\`, or absent` : `\`${type}\``, means];
  });
  expect(toRows("The facts")).toEqual(expected);
});

test("the table of principles is the set", () => {
  const expected = loadPolicySet(loadFiles()).rules.map(
    ({ policy, principle, source, confidence, disclosure }) => {
      return [`\`${policy}\``, principle, source, confidence, disclosure];
    },
  );
  expect(toRows("The principles")).toEqual(expected);
});
