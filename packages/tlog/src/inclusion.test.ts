import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type InclusionProof,
  listInclusionSubtrees,
  proveInclusion,
  toInclusionRoot,
  verifyInclusion,
} from "./inclusion.ts";
import { hashNode } from "./merkle-hash.ts";
import { createReferenceTree } from "./reference-tree.testkit.ts";
import { codeOf, flipBit, toHex } from "./refusal.testkit.ts";

const SIZE = 260;
const tree = createReferenceTree(SIZE);
const leafOf = (index: number) => tree.leafHashes[index] ?? new Uint8Array();
const refuse = (proof: InclusionProof, leaf: Uint8Array, root: Uint8Array) =>
  expect(codeOf(() => verifyInclusion(proof, leaf, root)));
const place = fc
  .integer({ min: 1, max: SIZE })
  .chain((size) => fc.tuple(fc.nat(size - 1), fc.constant(size)));

describe("inclusion", () => {
  it(`is proven of every leaf of every tree of up to ${SIZE}, by the RFC's own hashes`, () => {
    let proven = 0;
    for (let size = 1; size <= SIZE; size++) {
      const root = tree.toHash(0, size);
      for (let index = 0; index < size; index++) {
        const proof = proveInclusion(index, size, tree.read);
        const expected = tree.toPath(index, size);
        const isSame = proof.hashes.every((hash, at) => Buffer.compare(hash, expected[at] ?? hash) === 0);
        if (!isSame || proof.hashes.length !== expected.length) expect.unreachable(`${index} of ${size}`);
        verifyInclusion(proof, leafOf(index), root);
        proven++;
      }
    }
    expect(proven).toBe((SIZE * (SIZE + 1)) / 2);
  }, 60_000);

  it("is refused after any bit is changed, of the leaf, the root or the proof", () => {
    let changed = 0;
    for (let size = 1; size <= 9; size++) {
      const root = tree.toHash(0, size);
      for (let index = 0; index < size; index++) {
        const proof = proveInclusion(index, size, tree.read);
        for (let bit = 0; bit < 256; bit++) {
          refuse(proof, flipBit(leafOf(index), bit), root).toBe("tlog/inclusion");
          refuse(proof, leafOf(index), flipBit(root, bit)).toBe("tlog/inclusion");
          for (const at of proof.hashes.keys()) {
            const hashes = proof.hashes.map((hash, n) => (n === at ? flipBit(hash, bit) : hash));
            refuse({ ...proof, hashes }, leafOf(index), root).toBe("tlog/inclusion");
            changed++;
          }
        }
      }
    }
    expect(changed).toBeGreaterThan(20_000);
  }, 60_000);

  it("is refused with a hash more, a hash less, or two in each other's place", () => {
    fc.assert(
      fc.property(place, fc.nat(), ([index, size], nat) => {
        const proof = proveInclusion(index, size, tree.read);
        const { hashes } = proof;
        const root = tree.toHash(0, size);
        const at = nat % (hashes.length + 1);
        for (const extra of [leafOf(index), root, ...hashes]) {
          const longer = hashes.toSpliced(at, 0, extra);
          refuse({ ...proof, hashes: longer }, leafOf(index), root).toBe("tlog/inclusion");
          const answer = codeOf(() => toInclusionRoot({ ...proof, hashes: longer }, leafOf(index)));
          expect(answer).toBe("tlog/inclusion");
        }
        if (hashes.length === 0) return;
        const shorter = hashes.toSpliced(at % hashes.length, 1);
        refuse({ ...proof, hashes: shorter }, leafOf(index), root).toBe("tlog/inclusion");
        if (hashes.length === 1) return;
        const turned = hashes.toReversed();
        refuse({ ...proof, hashes: turned }, leafOf(index), root).toBe("tlog/inclusion");
      }),
      { numRuns: 500 },
    );
  }, 60_000);

  it("is refused for another index, and for another leaf", () => {
    for (let size = 2; size <= 24; size++) {
      const root = tree.toHash(0, size);
      for (let index = 0; index < size; index++) {
        const proof = proveInclusion(index, size, tree.read);
        for (let other = 0; other < size; other++) {
          if (other === index) continue;
          refuse({ ...proof, index: other }, leafOf(index), root).toBe("tlog/inclusion");
          refuse(proof, leafOf(other), root).toBe("tlog/inclusion");
        }
      }
    }
  });

  /**
   * The root does not say how large its tree is: the checkpoint's signature does. Where the leaf stands the
   * same way in a tree of another size, the same proof leads to the same root, by the RFC's own algorithm.
   */
  it("is refused for another size, but where the way up from the leaf is the same", () => {
    const toWay = (index: number, size: number) =>
      listInclusionSubtrees(index, size)
        .map(({ begin }) => (begin > index ? "r" : "l"))
        .join("");
    let refused = 0;
    for (let size = 1; size <= 24; size++) {
      for (let index = 0; index < size; index++) {
        const proof = proveInclusion(index, size, tree.read);
        for (let other = index + 1; other <= 48; other++) {
          const isSameWay = toWay(index, size) === toWay(index, other);
          const answer = codeOf(() =>
            verifyInclusion({ ...proof, size: other }, leafOf(index), tree.toHash(0, size)),
          );
          expect(answer).toBe(isSameWay ? "not refused" : "tlog/inclusion");
          if (!isSameWay) refused++;
        }
      }
    }
    expect(refused).toBeGreaterThan(3_000);
  }, 60_000);

  it("holds in the largest trees: one leaf unlike all others, wherever it is", () => {
    const MAX = Number.MAX_SAFE_INTEGER;
    fc.assert(
      fc.property(fc.integer({ min: 1, max: MAX }), fc.maxSafeNat(), (size, nat) => {
        const special = nat % size;
        const read = toSparseReader(special);
        const proof = proveInclusion(special, size, read);
        const root = toInclusionRoot(proof, read({ level: 0, index: special }));
        const other = special === 0 ? size - 1 : 0;
        const otherLeaf = read({ level: 0, index: other });
        verifyInclusion(proveInclusion(other, size, read), otherLeaf, root);
        if (size > 1) refuse({ ...proof, index: other }, leafOf(0), root).toBe("tlog/inclusion");
      }),
      { numRuns: 200 },
    );
  });
});

describe("what cannot be a proof is refused", () => {
  const proof = proveInclusion(4, 7, tree.read);

  it.each([
    [{ index: 7 }, "tlog/size"],
    [{ index: -1 }, "tlog/size"],
    [{ index: 0.5 }, "tlog/size"],
    [{ size: 0 }, "tlog/size"],
    [{ size: 2 ** 53 }, "tlog/size"],
    [{ hashes: [leafOf(0).subarray(1)] }, "tlog/hash"],
  ])("%j", (change, code) => {
    refuse({ ...proof, ...change }, leafOf(4), tree.toHash(0, 7)).toBe(code);
  });

  it("a leaf of another length, also where the border of two hashes is moved", () => {
    refuse(proof, leafOf(4).subarray(1), tree.toHash(0, 7)).toBe("tlog/hash");
    const [sibling = leafOf(0), ...rest] = proof.hashes;
    const longer = Uint8Array.of(...leafOf(4), ...sibling.subarray(0, 1));
    refuse({ ...proof, hashes: [sibling.subarray(1), ...rest] }, longer, tree.toHash(0, 7)).toBe("tlog/hash");
  });

  it("a leaf that is not there, a hash that nobody has", () => {
    expect(codeOf(() => proveInclusion(7, 7, tree.read))).toBe("tlog/size");
    expect(codeOf(() => proveInclusion(0, SIZE + 1, tree.read))).toBe("tlog/hash-missing");
    expect(toHex(toInclusionRoot(proof, leafOf(4)))).toBe(toHex(tree.toHash(0, 7)));
  });
});

/** A tree of any size in which all leaves are alike but one. */
function toSparseReader(special: number) {
  const alike = [leafOf(1)];
  const unlike = [leafOf(0)];
  for (let level = 1; level <= 53; level++) {
    const [below = leafOf(1), specialBelow = leafOf(0)] = [alike[level - 1], unlike[level - 1]];
    const isRight = Math.floor(special / 2 ** (level - 1)) % 2 === 1;
    alike.push(hashNode(below, below));
    unlike.push(isRight ? hashNode(below, specialBelow) : hashNode(specialBelow, below));
  }
  return ({ level, index }: { readonly level: number; readonly index: number }): Uint8Array =>
    (Math.floor(special / 2 ** level) === index ? unlike : alike)[level] ?? leafOf(0);
}
