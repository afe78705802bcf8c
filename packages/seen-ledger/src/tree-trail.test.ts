import { encodeUtf8 } from "@leix/protocol";
import { hashTree, toEmptyRoot } from "@leix/tlog";
import { expect, test } from "vitest";
import { TreeTrail, toLeafHash } from "./tree-trail.ts";

const toRecord = (index: number) => encodeUtf8(`{"decision":"d${index}","kind":"event","v":1}`);

test("the root is known at every size of the last records, in whatever chunks they came", () => {
  const records = Array.from({ length: 300 }, (_, i) => toRecord(i));
  const leaves = records.map(toLeafHash);
  const trail = new TreeTrail();
  for (let at = 0, step = 1; at < records.length; at += step++) trail.append(records.slice(at, at + step));
  expect(trail.size).toBe(records.length);
  expect(trail.lastLeaf).toEqual(leaves.at(-1));
  expect(trail.rootAt(0)).toEqual(toEmptyRoot());
  for (let size = 1; size <= records.length; size++) {
    expect(trail.rootAt(size)).toEqual(hashTree(leaves.slice(0, size)));
  }
  expect(trail.rootAt(records.length + 1)).toBeUndefined();
});

test("what was long ago is forgotten, and the tree is not", () => {
  const [kept, count] = [200, 1_000];
  const leaves: Uint8Array[] = [];
  const trail = new TreeTrail(kept);
  for (let at = 0; at < count; at += 100) {
    const records = Array.from({ length: 100 }, (_, i) => toRecord(at + i));
    leaves.push(...records.map(toLeafHash));
    trail.append(records);
  }
  const oldest = trail.size - kept;
  for (const size of [oldest, oldest + 1, trail.size - 1, trail.size]) {
    expect(trail.rootAt(size)).toEqual(hashTree(leaves.slice(0, size)));
  }
  expect(trail.rootAt(1)).toBeUndefined();
});
