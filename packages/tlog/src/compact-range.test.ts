import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  appendLeafHashes,
  appendRange,
  type CompactRange,
  createRange,
  hashTree,
  parseRange,
  readRange,
  toRoot,
} from "./compact-range.ts";
import { createReferenceTree } from "./reference-tree.testkit.ts";
import { codeOf, toHex } from "./refusal.testkit.ts";
import { listRangeNodes, type TreeNode } from "./tree-node.ts";

const SIZE = 400;
const tree = createReferenceTree(SIZE);
const rangeOf = (begin: number, end: number) =>
  appendLeafHashes(createRange(begin), tree.leafHashes.slice(begin, end));
const toText = ({ begin, end, hashes }: CompactRange) => [begin, end, ...hashes.map(toHex)];
const bounds = fc
  .tuple(fc.nat(SIZE), fc.nat(SIZE), fc.nat(SIZE))
  .map((three) => three.toSorted((a, b) => a - b) as [number, number, number]);

/** Every aligned subtree inside the range that is inside no larger one of them. */
function listLargest(begin: number, end: number): readonly TreeNode[] {
  const inside: (TreeNode & { readonly from: number; readonly to: number })[] = [];
  for (let level = 0; 2 ** level <= end; level++) {
    for (let index = 0; (index + 1) * 2 ** level <= end; index++) {
      const [from, to] = [index * 2 ** level, (index + 1) * 2 ** level];
      if (from >= begin) inside.push({ level, index, from, to });
    }
  }
  return inside
    .filter((a) => !inside.some((b) => b.level > a.level && b.from <= a.from && a.to <= b.to))
    .toSorted((a, b) => a.from - b.from)
    .map(({ level, index }) => ({ level, index }));
}

describe("a compact range", () => {
  it("is of the largest complete subtrees, from left to right", () => {
    for (let end = 0; end <= 33; end++) {
      for (let begin = 0; begin <= end; begin++) {
        expect(listRangeNodes({ begin, end })).toEqual(listLargest(begin, end));
      }
    }
  });

  it("spans the largest trees there can be", () => {
    const end = Number.MAX_SAFE_INTEGER;
    expect(listRangeNodes({ begin: 0, end })).toHaveLength(53);
    const nodes = listRangeNodes({ begin: 1, end });
    expect(nodes.length).toBeLessThanOrEqual(104);
    let at = 1;
    for (const { level, index } of nodes) {
      expect(index * 2 ** level).toBe(at);
      at += 2 ** level;
    }
    expect(at).toBe(end);
  });

  it("grows leaf by leaf, and its root is the tree's at every size", () => {
    let range = createRange();
    for (let size = 0; size <= SIZE; size++) {
      const root = toHex(tree.toHash(0, size));
      expect(toHex(toRoot(range))).toBe(root);
      expect(toText(range)).toEqual(toText(readRange(size, tree.read)));
      expect(toHex(hashTree(tree.leafHashes.slice(0, size)))).toBe(root);
      range = appendLeafHashes(range, tree.leafHashes.slice(size, size + 1));
    }
    expect(range.end).toBe(SIZE);
  });

  it("tells each subtree once, when it is complete, children before parents", () => {
    const seen: string[] = [];
    appendLeafHashes(createRange(), tree.leafHashes, (node, hash) => {
      expect(toHex(hash)).toBe(toHex(tree.read(node) ?? new Uint8Array()));
      seen.push(`${node.level}/${node.index}`);
    });
    const levels = [1, 2, 3, 4, 5, 6, 7, 8];
    const count = levels.reduce((sum, level) => sum + Math.floor(SIZE / 2 ** level), 0);
    expect(new Set(seen).size).toBe(count);
    expect(seen).toHaveLength(count);
    for (const name of seen.filter((one) => !one.startsWith("1/"))) {
      const [level = 0, index = 0] = name.split("/").map(Number);
      expect(seen.indexOf(`${level - 1}/${index * 2 + 1}`)).toBeLessThan(seen.indexOf(name));
    }
  });

  it("is the same however it is put together", () => {
    fc.assert(
      fc.property(bounds, ([a, b, c]) => {
        const seen = new Set<string>();
        const visit = (node: TreeNode) => seen.add(`${node.level}/${node.index}`);
        const left = appendLeafHashes(createRange(a), tree.leafHashes.slice(a, b), visit);
        const right = appendLeafHashes(createRange(b), tree.leafHashes.slice(b, c), visit);
        const joined = appendRange(left, right, visit);
        expect(toText(joined)).toEqual(toText(rangeOf(a, c)));
        const whole = new Set<string>();
        appendLeafHashes(createRange(a), tree.leafHashes.slice(a, c), (node) => {
          whole.add(`${node.level}/${node.index}`);
        });
        expect(seen).toEqual(whole);
      }),
      { numRuns: 300 },
    );
  }, 60_000);

  it("does not change when another is made from it", () => {
    const before = rangeOf(0, 7);
    const text = toText(before);
    appendLeafHashes(before, tree.leafHashes.slice(7, 20));
    appendRange(before, rangeOf(7, 9));
    expect(toText(before)).toEqual(text);
  });
});

describe("what does not fit is refused", () => {
  it("a kept range", () => {
    const range = rangeOf(3, 13);
    expect(toText(parseRange(range))).toEqual(toText(range));
    const [first = new Uint8Array(), ...rest] = range.hashes;
    const broken: readonly [string, CompactRange][] = [
      ["tlog/size", { ...range, hashes: rest }],
      ["tlog/size", { ...range, hashes: [first, ...range.hashes] }],
      ["tlog/size", { ...range, begin: 14 }],
      ["tlog/size", { ...range, begin: -1 }],
      ["tlog/size", { ...range, end: 2 ** 53 }],
      ["tlog/hash", { ...range, hashes: [first.subarray(1), ...rest] }],
    ];
    for (const [code, one] of broken) expect(codeOf(() => parseRange(one))).toBe(code);
  });

  it("leaves and ranges", () => {
    expect(codeOf(() => createRange(-1))).toBe("tlog/size");
    expect(codeOf(() => appendLeafHashes(createRange(), [new Uint8Array(31)]))).toBe("tlog/hash");
    expect(codeOf(() => appendRange(rangeOf(0, 3), rangeOf(4, 5)))).toBe("tlog/size");
    const last = createRange(Number.MAX_SAFE_INTEGER);
    expect(codeOf(() => appendLeafHashes(last, tree.leafHashes.slice(0, 1)))).toBe("tlog/size");
    expect(codeOf(() => readRange(SIZE + 1, tree.read))).toBe("tlog/hash-missing");
    expect(codeOf(() => readRange(1, () => new Uint8Array(1)))).toBe("tlog/hash");
    expect(() => toRoot(createRange(1))).toThrow();
  });
});
