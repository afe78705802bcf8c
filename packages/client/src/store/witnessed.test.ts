import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openStore } from "../store.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "leix-witnessed-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const toTree = (size: number, root: number, at = size) => ({
  size,
  root: new Uint8Array(32).fill(root),
  note: new Uint8Array([root]),
  at,
});

test("the last tree of a log is replaced only where it still is the last", () => {
  const file = join(folder, "store.sqlite");
  using one = openStore(file);
  using other = openStore(file);
  const [first, second, rival] = [toTree(5, 1), toTree(9, 2), toTree(9, 3)];
  expect(one.witnessed.keep("log", first, undefined)).toBe(5);
  expect(other.witnessed.keep("log", rival, undefined)).toBeUndefined();
  expect(other.witnessed.get("log")).toEqual({ ...first, isHandedIn: false });
  expect(one.witnessed.keep("log", second, first)).toBe(9);
  expect(other.witnessed.keep("log", rival, first)).toBeUndefined();
  expect(other.witnessed.keep("log", rival, { ...second, root: rival.root })).toBeUndefined();
  expect(other.witnessed.get("log")).toEqual({ ...second, isHandedIn: false });
  expect(other.witnessed.get("another")).toBeUndefined();
});

test("what is handed in is the last tree or nothing, and its time never goes back", () => {
  using store = openStore(join(folder, "times.sqlite"));
  const [first, second] = [toTree(5, 1, 100), toTree(9, 2, 40)];
  store.witnessed.keep("log", first, undefined);
  expect(store.witnessed.keep("log", second, first)).toBe(100);
  store.witnessed.handIn("log", 5);
  expect(store.witnessed.get("log")).toMatchObject({ size: 9, at: 100, isHandedIn: false });
  store.witnessed.handIn("log", 9);
  expect(store.witnessed.get("log")).toMatchObject({ isHandedIn: true });
  expect(store.witnessed.keep("log", { ...second, at: 160 }, second)).toBe(160);
  expect(store.witnessed.get("log")).toMatchObject({ at: 160, isHandedIn: false });
});
