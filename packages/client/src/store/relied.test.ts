import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openStore } from "../store.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "leix-relied-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const toRow = (size: number, root: number, at = size) => ({
  size,
  root: new Uint8Array(32).fill(root),
  note: new Uint8Array([root]),
  at,
});

test("what was relied on is replaced by a larger one only, also by another process", () => {
  const file = join(folder, "store.sqlite");
  using one = openStore(file);
  using other = openStore(file);
  expect(one.relied.get("log")).toBeUndefined();
  expect(one.relied.keep("log", toRow(9, 1))).toBe(true);
  expect(other.relied.keep("log", toRow(8, 2))).toBe(false);
  expect(other.relied.keep("log", toRow(9, 2))).toBe(false);
  expect(other.relied.get("log")).toEqual(toRow(9, 1));
  expect(other.relied.keep("log", toRow(9, 1, 20))).toBe(true);
  expect(other.relied.keep("log", toRow(12, 3))).toBe(true);
  expect([one.relied.get("log"), one.relied.get("another")]).toEqual([toRow(12, 3), undefined]);
});
