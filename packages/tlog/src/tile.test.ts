import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createReferenceTree } from "./reference-tree.testkit.ts";
import { codeOf, toHex } from "./refusal.testkit.ts";
import {
  cutTile,
  decodeTile,
  encodeTile,
  listBundles,
  listNewTiles,
  listPartialTiles,
  listTileNodes,
  readTile,
  toTileWidth,
} from "./tile.ts";
import { encodeTilePath, type HashTile } from "./tile-path.ts";

const tile = (level: number, index: number, width: number): HashTile => ({
  kind: "hashes",
  level,
  index,
  width,
});
const paths = (tiles: readonly HashTile[]) => tiles.map(encodeTilePath);
const tree = createReferenceTree(600);

describe("the tiles of a tree", () => {
  it("of 70,000 are those of the specification's example", () => {
    const all = paths(listNewTiles(0, 70_000));
    const full = all.filter((path) => path.startsWith("tile/0/") && !path.includes(".p/"));
    expect(full).toHaveLength(273);
    expect(all.filter((path) => !full.includes(path))).toEqual([
      "tile/0/273.p/112",
      "tile/1/000",
      "tile/1/001.p/17",
      "tile/2/000.p/1",
    ]);
    expect(paths(listPartialTiles(70_000))).toEqual([
      "tile/0/273.p/112",
      "tile/1/001.p/17",
      "tile/2/000.p/1",
    ]);
  });

  it.each([
    [0, []],
    [1, ["tile/0/000.p/1"]],
    [255, ["tile/0/000.p/255"]],
    [256, ["tile/0/000", "tile/1/000.p/1"]],
    [257, ["tile/0/000", "tile/0/001.p/1", "tile/1/000.p/1"]],
  ])("of %d are", (size, expected) => {
    expect(paths(listNewTiles(0, size))).toEqual(expected);
  });

  it("of the largest one are partial at no more than seven levels", () => {
    const partial = listPartialTiles(Number.MAX_SAFE_INTEGER);
    expect(paths(partial).at(-1)).toBe("tile/6/000.p/31");
    expect(partial).toHaveLength(7);
  });

  it("are as wide as the specification's formula says", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.nat(6), (size, level) => {
        const width = Number((BigInt(size) / 256n ** BigInt(level)) % 256n);
        const index = Number(BigInt(size) / 256n ** BigInt(level + 1));
        expect(toTileWidth(level, index, size)).toBe(width);
        expect(toTileWidth(level, index + 1, size)).toBe(0);
        if (index > 0) expect(toTileWidth(level, index - 1, size)).toBe(256);
      }),
    );
  });

  it("however it grew, are all written, and each just before it is needed", () => {
    const steps = fc.array(fc.integer({ min: 0, max: 700 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(steps, (sizes) => {
        const written = new Set<string>();
        const growing = sizes.toSorted((a, b) => a - b);
        for (const [at, size] of growing.entries()) {
          for (const one of listNewTiles(growing[at - 1] ?? 0, size)) written.add(encodeTilePath(one));
          for (const one of listNewTiles(0, size)) expect(written).toContain(encodeTilePath(one));
        }
      }),
      { numRuns: 100 },
    );
    expect(listNewTiles(300, 300)).toEqual([]);
    expect(paths(listNewTiles(256, 300))).toEqual(["tile/0/001.p/44"]);
    expect(paths(listNewTiles(300, 512))).toEqual(["tile/0/001", "tile/1/000.p/2"]);
    expect(listNewTiles(2, 1)).toEqual([]);
    expect(codeOf(() => listNewTiles(-1, 1))).toBe("tlog/size");
  });
});

describe("the bytes of a tile", () => {
  it("are the hashes of its nodes", () => {
    const hashes = decodeTile(tile(1, 0, 2), readTile(tile(1, 0, 2), tree.read));
    expect(hashes.map(toHex)).toEqual([tree.toHash(0, 256), tree.toHash(256, 512)].map(toHex));
    expect(listTileNodes(tile(1, 2, 2))).toEqual([
      { level: 8, index: 512 },
      { level: 8, index: 513 },
    ]);
  });

  it("of a partial tile are the beginning of the full one", () => {
    const full = readTile(tile(0, 1, 256), tree.read);
    expect(toHex(cutTile(tile(0, 1, 44), full))).toBe(toHex(readTile(tile(0, 1, 44), tree.read)));
    expect(codeOf(() => cutTile(tile(0, 1, 44), full.subarray(1)))).toBe("tlog/tile");
  });

  it("of another length are refused, and hashes that are none", () => {
    for (const length of [0, 31, 33, 64]) {
      expect(codeOf(() => decodeTile(tile(0, 0, 1), new Uint8Array(length)))).toBe("tlog/tile");
    }
    expect(codeOf(() => decodeTile(tile(9, 0, 1), new Uint8Array(32)))).toBe("tlog/tile-path");
    expect(codeOf(() => encodeTile([]))).toBe("tlog/tile");
    expect(codeOf(() => encodeTile(Array(257).fill(new Uint8Array(32))))).toBe("tlog/tile");
    expect(codeOf(() => encodeTile([new Uint8Array(31)]))).toBe("tlog/hash");
    expect(codeOf(() => readTile(tile(0, 2, 89), tree.read))).toBe("tlog/hash-missing");
  });
});

describe("the bundles of a range of entries", () => {
  const toPaths = (begin: number, end: number, size: number) =>
    listBundles(begin, end, size).map(encodeTilePath);

  it.each([
    [0, 0, 0, []],
    [5, 5, 9, []],
    [0, 15, 15, ["tile/entries/000.p/15"]],
    [0, 1, 15, ["tile/entries/000.p/15"]],
    [255, 257, 300, ["tile/entries/000", "tile/entries/001.p/44"]],
    [256, 257, 512, ["tile/entries/001"]],
    [0, 256, 256, ["tile/entries/000"]],
  ])("from %d to %d of %d", (begin, end, size, expected) => {
    expect(toPaths(begin, end, size)).toEqual(expected);
  });

  it.each([
    [1, 0, 5],
    [0, 6, 5],
    [-1, 1, 5],
    [0, 0.5, 5],
    [0, 1, 2 ** 53],
  ])("is refused from %d to %d of %d", (begin, end, size) => {
    expect(codeOf(() => toPaths(begin, end, size))).toBe("tlog/size");
  });
});
