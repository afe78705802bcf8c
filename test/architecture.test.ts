import { describe, expect, test } from "vitest";
import { checkCalls } from "./architecture/banned-calls.ts";
import { checkImports } from "./architecture/import-rules.ts";
import { toLine, type Violation } from "./architecture/layout.ts";
import { findMachineTraces, toMachineFolders } from "./architecture/machine-traces.ts";
import { findOrphans, isProductionSource } from "./architecture/orphans.ts";
import {
  checkExports,
  checkFunctionSizes,
  checkName,
  checkSize,
  FILE_LINES_MEDIAN_MAX,
  isCode,
  toLineCount,
  toMedian,
} from "./architecture/shape-rules.ts";
import { loadSourceTree, root } from "./architecture/source-tree.ts";

/**
 * The rules of the house, over the whole tree. What each rule means, and that each can fail, is in the tests
 * beside it in `architecture/`.
 */
const { files, modules, manifests } = loadSourceTree();
const code = files.filter(({ file }) => isCode(file));
const production = files.filter(({ file }) => isProductionSource(file));
const folders = toMachineFolders(root);

/** Applies the rule to every item; over no items it fails, since a rule about nothing holds for nothing. */
function checkAll<T>(items: readonly T[], rule: (item: T) => readonly Violation[]): readonly string[] {
  expect(items.length, "things to check").toBeGreaterThan(0);
  return items.flatMap(rule).map(toLine);
}

describe("the tree", () => {
  test("imports: core is pure, services are leaves, packages meet through their names", () => {
    expect(checkAll(modules, (module) => checkImports(module, manifests))).toEqual([]);
  });

  test("calls: each banned one has a replacement", () => {
    expect(checkAll(modules, checkCalls)).toEqual([]);
  });

  test("exports: by name, each said once", () => {
    expect(checkAll(modules, checkExports)).toEqual([]);
  });

  test("orphans: every source file is reachable from its package's manifest", () => {
    expect(checkAll([modules], (all) => findOrphans(all, manifests))).toEqual([]);
    expect(production.length, "source files").toBeGreaterThan(0);
  });

  test("names: kebab-case, and about something", () => {
    expect(checkAll(files, ({ file }) => checkName(file))).toEqual([]);
  });

  test("sizes: lines, functions and files stay readable", () => {
    expect(checkAll(code, checkSize)).toEqual([]);
    expect(checkAll(modules, checkFunctionSizes)).toEqual([]);
  });

  const median = toMedian(production.map(({ text }) => toLineCount(text)));
  test(`sizes: the median of ${production.length} source files is ${median} lines`, () => {
    expect(median).toBeLessThanOrEqual(FILE_LINES_MEDIAN_MAX);
  });

  test("traces: no file names the machine it was made on", () => {
    expect(checkAll(files, (file) => findMachineTraces(file, folders))).toEqual([]);
  });
});
