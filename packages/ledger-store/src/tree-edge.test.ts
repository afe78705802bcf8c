import { appendLeafHashes, createRange, encodeTilePath, hashLeaf, hashTree, toRoot } from "@leix/tlog";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { codeOf } from "./log-key.testkit.ts";
import { EMPTY_EDGE, growEdge, loadEdge, type TreeEdge, toHead } from "./tree-edge.ts";

const SIZE = 66_100;
const leaves = Array.from({ length: SIZE }, (_, index) => hashLeaf(Buffer.from(String(index))));

/** A tree grown in these steps, and all tiles that were written on the way. */
function grow(steps: readonly number[]): { edge: TreeEdge; tiles: Map<string, Uint8Array> } {
  const tiles = new Map<string, Uint8Array>();
  let edge = EMPTY_EDGE;
  for (const step of steps) {
    const grown = growEdge(edge, leaves.slice(edge.range.end, edge.range.end + step));
    for (const { tile, bytes } of grown.tiles) tiles.set(encodeTilePath(tile), bytes);
    edge = grown.edge;
  }
  return { edge, tiles };
}

/** Thousands of trees: seconds on a busy machine. */
const PATIENT = { timeout: 120_000 };

describe("the edge of a tree", PATIENT, () => {
  it("has the tree's root, and comes back from its tiles, at whatever sizes it grew", async () => {
    const step = fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 700 }), fc.constant(256));
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const { edge, tiles } = grow(steps);
        const size = steps.reduce((sum, one) => sum + one, 0);
        expect(toHead(edge)).toEqual({ size, root: hashTree(leaves.slice(0, size)) });
        const loaded = await loadEdge(size, async (tile) => tiles.get(encodeTilePath(tile)) ?? null);
        expect(toHead(loaded)).toEqual(toHead(edge));
        const more = leaves.slice(size, size + 300);
        expect(growEdge(loaded, more).tiles).toEqual(growEdge(edge, more).tiles);
      }),
      { numRuns: 60 },
    );
  });

  it("reaches as many levels as the tree has", async () => {
    const { edge, tiles } = grow([60_000, 5_535, 1, 500, 64]);
    expect(toHead(edge).root).toEqual(toRoot(appendLeafHashes(createRange(), leaves)));
    expect(tiles.get("tile/1/000")?.byteLength).toBe(256 * 32);
    expect(tiles.get("tile/2/000.p/1")).toEqual(hashTree(leaves.slice(0, 65_536)));
    const loaded = await loadEdge(SIZE, async (tile) => tiles.get(encodeTilePath(tile)) ?? null);
    expect(toHead(loaded)).toEqual(toHead(edge));
  });

  it("cannot be had without its tiles", async () => {
    expect(await codeOf(loadEdge(5, async () => null))).toBe("tlog/tile-missing");
    expect(await codeOf(loadEdge(5, async () => new Uint8Array(3)))).toBe("tlog/tile");
    expect(toHead(await loadEdge(0, async () => null))).toEqual(toHead(EMPTY_EDGE));
  });
});
