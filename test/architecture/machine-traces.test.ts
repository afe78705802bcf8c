import { expect, test } from "vitest";
import { findMachineTraces, toMachineFolders } from "./machine-traces.ts";

const folders = toMachineFolders("/data/ann/leix", "/people/ann");
const host = (name: string) => `${name}.example.org`;

test.each([
  "at /data/ann/leix/packages",
  "at /data/ann/notes.md",
  `"/people/ann"`,
  `see /${"home"}/ann/leix/README.md`,
  `see /${"Users"}/ann/leix/README.md`,
  `resolved: https://${host("registry")}/zod/-/zod.tgz`,
  `deb http://${host("deb")}/debian forky main`,
  `npm config set registry https://${host("artifactory")}/npm`,
  `http://${"10."}0.0.1:4873/`,
])("refused: %s", (line) => {
  expect(findMachineTraces({ file: "a.md", text: `\n${line}\n` }, folders)).toMatchObject([{ line: 2 }]);
});

test.each([
  "./data/ann/leix",
  "a registry of agencies",
  "services/registry/src/main.ts",
  "tls://broker:4222",
])("allowed: %s", (text) => {
  expect(findMachineTraces({ file: "a.md", text }, folders)).toEqual([]);
});

test("folders that many people share are no trace", () => {
  expect(toMachineFolders("/tmp/leix", "/people/ann")).toEqual(["/tmp/leix", "/people/ann"]);
});
