import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hashTree } from "./compact-range.ts";
import {
  type ConsistencyProof,
  listConsistencyNodes,
  listConsistencySubtrees,
  proveConsistency,
  verifyConsistency,
} from "./consistency.ts";
import { toEmptyRoot } from "./merkle-hash.ts";
import { createReferenceTree } from "./reference-tree.testkit.ts";
import { codeOf, flipBit } from "./refusal.testkit.ts";

const SIZE = 260;
const tree = createReferenceTree(SIZE);
const rootOf = (size: number) => tree.toHash(0, size);
const prove = (first: number, second: number) => proveConsistency(first, second, tree.read);
const refuse = (proof: ConsistencyProof, first: Uint8Array, second: Uint8Array) =>
  expect(codeOf(() => verifyConsistency(proof, first, second)));
const pair = fc
  .integer({ min: 2, max: SIZE })
  .chain((second) => fc.tuple(fc.integer({ min: 1, max: second - 1 }), fc.constant(second)));

describe("consistency", () => {
  it(`is proven of every two trees of up to ${SIZE}, by the RFC's own hashes`, () => {
    let proven = 0;
    for (let second = 0; second <= SIZE; second++) {
      for (let first = 0; first <= second; first++) {
        const proof = prove(first, second);
        const expected = tree.toProof(first, second);
        const isSame = proof.hashes.every((hash, at) => Buffer.compare(hash, expected[at] ?? hash) === 0);
        if (!isSame || proof.hashes.length !== expected.length) expect.unreachable(`${first} to ${second}`);
        verifyConsistency(proof, rootOf(first), rootOf(second));
        proven++;
      }
    }
    expect(proven).toBe(((SIZE + 1) * (SIZE + 2)) / 2);
  }, 60_000);

  it("is refused after any bit is changed, of either root or the proof", () => {
    let changed = 0;
    for (let second = 1; second <= 9; second++) {
      for (let first = 1; first <= second; first++) {
        const proof = prove(first, second);
        for (let bit = 0; bit < 256; bit++) {
          refuse(proof, flipBit(rootOf(first), bit), rootOf(second)).toBe("tlog/consistency");
          refuse(proof, rootOf(first), flipBit(rootOf(second), bit)).toBe("tlog/consistency");
          for (const at of proof.hashes.keys()) {
            const hashes = proof.hashes.map((hash, n) => (n === at ? flipBit(hash, bit) : hash));
            refuse({ ...proof, hashes }, rootOf(first), rootOf(second)).toBe("tlog/consistency");
            changed++;
          }
        }
      }
    }
    expect(changed).toBeGreaterThan(20_000);
  }, 60_000);

  it("is refused with a hash more, a hash less, or two in each other's place", () => {
    fc.assert(
      fc.property(pair, fc.nat(), ([first, second], nat) => {
        const proof = prove(first, second);
        const { hashes } = proof;
        const at = nat % (hashes.length + 1);
        const changed = [rootOf(first), rootOf(second), ...hashes].map((extra) =>
          hashes.toSpliced(at, 0, extra),
        );
        changed.push(hashes.toSpliced(at % hashes.length, 1), []);
        if (hashes.length > 1) changed.push(hashes.toReversed());
        for (const one of changed) {
          refuse({ ...proof, hashes: one }, rootOf(first), rootOf(second)).toBe("tlog/consistency");
        }
      }),
      { numRuns: 500 },
    );
  }, 60_000);

  it("is refused for a tree that was changed anywhere before", () => {
    const others = createReferenceTree(SIZE + 1).leafHashes.slice(1);
    fc.assert(
      fc.property(pair, ([first, second]) => {
        // The log's second history: its tree of `first` leaves began at leaf 1.
        const forked = hashTree(others.slice(0, first));
        refuse(prove(first, second), forked, rootOf(second)).toBe("tlog/consistency");
      }),
      { numRuns: 200 },
    );
  });

  /** As for inclusion: a root does not say how large its tree is. */
  it("is refused for other sizes, but where the ways up are the same", () => {
    const toWay = (first: number, second: number) => {
      const start = [...listConsistencySubtrees(first, second)];
      const isGiven = start.length > 0 && start[0]?.end === first;
      return [isGiven, ...start.map(({ begin }) => (begin >= first ? "r" : "l"))].join("");
    };
    let refused = 0;
    for (let second = 2; second <= 14; second++) {
      for (let first = 1; first < second; first++) {
        const proof = prove(first, second);
        for (let otherSecond = 2; otherSecond <= 24; otherSecond++) {
          for (let otherFirst = 1; otherFirst < otherSecond; otherFirst++) {
            const isSameWay = toWay(first, second) === toWay(otherFirst, otherSecond);
            const claimed = { ...proof, first: otherFirst, second: otherSecond };
            const answer = codeOf(() => verifyConsistency(claimed, rootOf(first), rootOf(second)));
            expect(answer).toBe(isSameWay ? "not refused" : "tlog/consistency");
            if (!isSameWay) refused++;
          }
        }
      }
    }
    expect(refused).toBeGreaterThan(20_000);
  }, 60_000);
});

describe("where there is nothing to prove", () => {
  it("the same tree: no hashes, the same root", () => {
    for (const size of [0, 1, 5]) {
      expect(prove(size, size).hashes).toEqual([]);
      refuse(prove(size, size), rootOf(size), rootOf(6)).toBe("tlog/consistency");
      const hashes = [rootOf(size)];
      refuse({ first: size, second: size, hashes }, rootOf(size), rootOf(size)).toBe("tlog/consistency");
    }
  });

  it("from the empty tree: no hashes, the one root it has", () => {
    expect(listConsistencyNodes(0, 5)).toEqual([]);
    refuse(prove(0, 5), toEmptyRoot(), rootOf(5)).toBe("not refused");
    refuse(prove(0, 5), rootOf(1), rootOf(5)).toBe("tlog/consistency");
    const hashes = [rootOf(5)];
    refuse({ first: 0, second: 5, hashes }, toEmptyRoot(), rootOf(5)).toBe("tlog/consistency");
    refuse(prove(0, 0), rootOf(1), rootOf(1)).toBe("tlog/consistency");
  });
});

describe("what cannot be a proof is refused", () => {
  const proof = prove(3, 7);

  it.each([
    [{ first: 8 }, "tlog/size"],
    [{ first: -1 }, "tlog/size"],
    [{ second: 2 ** 53 }, "tlog/size"],
    [{ second: 7.5 }, "tlog/size"],
    [{ hashes: [rootOf(0).subarray(1)] }, "tlog/hash"],
  ])("%j", (change, code) => {
    refuse({ ...proof, ...change }, rootOf(3), rootOf(7)).toBe(code);
  });

  it("a root of another length, a tree that shrinks, a hash that nobody has", () => {
    refuse(proof, rootOf(3).subarray(1), rootOf(7)).toBe("tlog/hash");
    refuse(proof, rootOf(3), rootOf(7).subarray(1)).toBe("tlog/hash");
    expect(codeOf(() => prove(7, 3))).toBe("tlog/size");
    expect(codeOf(() => prove(1, SIZE + 1))).toBe("tlog/hash-missing");
  });
});
