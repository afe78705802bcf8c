import { encodeUtf8 } from "@leix/protocol";
import { hashLeaf, hashTree, proveInclusion, verifyInclusion } from "@leix/tlog";
import { expect, test } from "vitest";
import { HashLevels } from "./hash-levels.ts";

test("the proofs of every leaf of every tree of up to 70 leaves verify", () => {
  const levels = new HashLevels();
  const leaves: Uint8Array[] = [];
  let verified = 0;
  for (let size = 1; size <= 70; size++) {
    const leaf = hashLeaf(encodeUtf8(String(size)));
    leaves.push(leaf);
    levels.push(leaf);
    const root = levels.root();
    expect(levels.size).toBe(size);
    expect(root).toEqual(hashTree(leaves));
    for (const [index, one] of leaves.entries()) {
      const proof = proveInclusion(index, size, (node) => levels.read(node));
      expect(() => verifyInclusion(proof, one, root)).not.toThrow();
      verified++;
    }
  }
  expect(verified).toBe((70 * 71) / 2);
});

test("what the tree does not have is not there", () => {
  const levels = new HashLevels();
  levels.push(hashLeaf(encodeUtf8("one")));
  expect(levels.read({ level: 0, index: 1 })).toBeUndefined();
  expect(levels.read({ level: 1, index: 0 })).toBeUndefined();
});
