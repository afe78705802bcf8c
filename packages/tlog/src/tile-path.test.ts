import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { codeOf } from "./refusal.testkit.ts";
import { encodeTilePath, parseTilePath, type Tile } from "./tile-path.ts";

const hashes = (level: number, index: number, width: number): Tile => ({
  kind: "hashes",
  level,
  index,
  width,
});
const entries = (index: number, width: number): Tile => ({ kind: "entries", index, width });

describe("the path of a tile", () => {
  it.each([
    ["tile/0/000", hashes(0, 0, 256)],
    ["tile/0/000.p/1", hashes(0, 0, 1)],
    ["tile/0/255.p/255", hashes(0, 255, 255)],
    ["tile/1/999", hashes(1, 999, 256)],
    ["tile/0/x001/000", hashes(0, 1_000, 256)],
    ["tile/0/x001/x234/067", hashes(0, 1_234_067, 256)],
    ["tile/0/x001/x234/067.p/8", hashes(0, 1_234_067, 8)],
    ["tile/6/000.p/31", hashes(6, 0, 31)],
    ["tile/0/x035/x184/x372/x088/830", hashes(0, 35_184_372_088_830, 256)],
    ["tile/entries/000.p/15", entries(0, 15)],
    ["tile/entries/x001/x234/067", entries(1_234_067, 256)],
  ])("%s", (path, tile) => {
    expect(encodeTilePath(tile)).toBe(path);
    expect(parseTilePath(path)).toEqual(tile);
  });

  it("is one and its own for every tile", () => {
    const tile = fc.record({
      level: fc.integer({ min: 0, max: 4 }),
      index: fc.oneof(fc.nat(3_000), fc.nat(2 ** 12)),
      width: fc.integer({ min: 1, max: 256 }),
    });
    const seen = new Map<string, string>();
    fc.assert(
      fc.property(tile, ({ level, index, width }) => {
        const path = encodeTilePath(hashes(level, index, width));
        expect(parseTilePath(path)).toEqual(hashes(level, index, width));
        const name = `${level} ${index} ${width}`;
        expect(seen.get(path) ?? name).toBe(name);
        seen.set(path, name);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("what is no path of a tile is refused", () => {
  it.each([
    "",
    "tile",
    "tile/0",
    "tile/0/",
    "/tile/0/000",
    "tile/0/000/",
    "tile/0/0",
    "tile/0/00",
    "tile/0/0000",
    "tile/0/x000/000",
    "tile/0/x000/001",
    "tile/0/000/001",
    "tile/0/x001",
    "tile/0/x001/x000",
    "tile/0/001/x000",
    "tile/0/X001/000",
    "tile/0/-01",
    "tile/00/000",
    "tile/-1/000",
    "tile/64/000",
    "tile/63/000",
    "tile/7/000",
    "tile/6/000",
    "tile/data/000",
    "tile/8/0/000",
    "tile/entries/0",
    "tile/Entries/000",
    "tile/0/000.p",
    "tile/0/000.p/",
    "tile/0/000.p/0",
    "tile/0/000.p/01",
    "tile/0/000.p/256",
    "tile/0/000.p/1000",
    "tile/0/000.p/-1",
    "tile/0/000.p/1/",
    "tile/0/000.p/1.p/1",
    "tile/0/x001.p/000",
    "tile/0/000\n",
    "tile/0/../000",
    "tile/0/x999/x999/x999/x999/x999/999",
    "tile/0/x001/x001/x001/x001/x001/x001/001",
    "checkpoint",
  ])("%j", (path) => {
    expect(codeOf(() => parseTilePath(path))).toBe("tlog/tile-path");
  });

  it.each([
    hashes(0, -1, 1),
    hashes(-1, 0, 1),
    hashes(0.5, 0, 1),
    hashes(0, 0, 0),
    hashes(0, 0, 257),
    hashes(0, 0, 1.5),
    hashes(0, Number.MAX_SAFE_INTEGER, 1),
    hashes(7, 0, 1),
    entries(-1, 1),
    entries(2 ** 45, 1),
  ])("%j", (tile) => {
    expect(codeOf(() => encodeTilePath(tile))).toBe("tlog/tile-path");
  });
});
