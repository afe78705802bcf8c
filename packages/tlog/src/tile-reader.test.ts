import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { appendLeafHashes, createRange, toRoot } from "./compact-range.ts";
import { listConsistencyNodes, proveConsistency, verifyConsistency } from "./consistency.ts";
import { listInclusionNodes, proveInclusion, verifyInclusion } from "./inclusion.ts";
import { hashLeaf } from "./merkle-hash.ts";
import { toEntry } from "./reference-tree.testkit.ts";
import { codeOf, flipBit, toHex } from "./refusal.testkit.ts";
import { listNewTiles, listTileNodes, readTile } from "./tile.ts";
import { encodeTilePath, type HashTile } from "./tile-path.ts";
import { createTileReader, listProvingTiles } from "./tile-reader.ts";
import type { HashReader, TreeNode } from "./tree-node.ts";

const SIZE = 66_200;
const SIZES = [1, 2, 3, 255, 256, 257, 511, 512, 513, 1_000, 65_535, 65_536, 65_537, 66_200];
const nodes = new Map<string, Uint8Array>();
const roots = new Map<number, Uint8Array>();
const toName = ({ level, index }: TreeNode) => `${level}/${index}`;
const read: HashReader = (node) => nodes.get(toName(node));
const headOf = (size: number) => ({ size, root: roots.get(size) ?? new Uint8Array() });
const leafOf = (index: number) => read({ level: 0, index }) ?? new Uint8Array();

/** What a server of the log would give. */
function fetchTiles(tiles: readonly HashTile[]): Map<string, Uint8Array> {
  return new Map(tiles.map((tile) => [encodeTilePath(tile), readTile(tile, read)]));
}

beforeAll(() => {
  let range = createRange();
  for (const size of SIZES) {
    const leaves: Uint8Array[] = [];
    for (let index = range.end; index < size; index++) {
      leaves.push(hashLeaf(toEntry(index)));
      nodes.set(toName({ level: 0, index }), leaves.at(-1) ?? new Uint8Array());
    }
    range = appendLeafHashes(range, leaves, (node, hash) => nodes.set(toName(node), hash));
    roots.set(size, toRoot(range));
  }
});

const size = fc.constantFrom(...SIZES);
const place = size.chain((of) => fc.tuple(fc.nat(of - 1), fc.constant(of)));

describe("proofs from tiles", () => {
  it("of inclusion are those of the tree, from no more tiles than levels and partial tiles", () => {
    fc.assert(
      fc.property(place, ([index, of]) => {
        const tiles = listProvingTiles(listInclusionNodes(index, of), of);
        expect(tiles.length).toBeLessThanOrEqual(6);
        const proof = proveInclusion(index, of, createTileReader(headOf(of), fetchTiles(tiles)));
        expect(proof.hashes.map(toHex)).toEqual(proveInclusion(index, of, read).hashes.map(toHex));
        verifyInclusion(proof, leafOf(index), headOf(of).root);
      }),
      { numRuns: 200 },
    );
  });

  it("of consistency too", () => {
    for (const second of SIZES) {
      for (const first of SIZES.filter((one) => one <= second)) {
        const tiles = listProvingTiles(listConsistencyNodes(first, second), second);
        const proof = proveConsistency(first, second, createTileReader(headOf(second), fetchTiles(tiles)));
        verifyConsistency(proof, headOf(first).root, headOf(second).root);
      }
    }
    expect(SIZES.length).toBeGreaterThan(10);
  });

  it("are of the empty tree none, and its root is known", () => {
    expect(listProvingTiles([], 0)).toEqual([]);
    const empty = { size: 0, root: toRoot(createRange()) };
    expect(createTileReader(empty, new Map())({ level: 0, index: 0 })).toBeUndefined();
    expect(codeOf(() => createTileReader({ ...empty, root: headOf(1).root }, new Map()))).toBe(
      "tlog/root-differs",
    );
  });

  it("cannot be asked for nodes that the tree does not have", () => {
    expect(codeOf(() => listProvingTiles([{ level: 0, index: 256 }], 256))).toBe("tlog/size");
    const reader = createTileReader(headOf(257), fetchTiles(listNewTiles(0, 257)));
    for (const node of [
      { level: 0, index: 257 },
      { level: 1, index: 128 },
      { level: 9, index: 0 },
      { level: 8, index: 1 },
      { level: 20, index: 0 },
    ]) {
      expect(reader(node)).toBeUndefined();
    }
    expect(toHex(reader({ level: 8, index: 0 }) ?? new Uint8Array())).toBe(toHex(headOf(256).root));
  });
});

describe("tiles", () => {
  it("of a whole tree give each node's hash", () => {
    const reader = createTileReader(headOf(1_000), fetchTiles(listNewTiles(0, 1_000)));
    let checked = 0;
    for (let level = 0; level < 10; level++) {
      for (let index = 0; (index + 1) * 2 ** level <= 1_000; index++) {
        expect(reader({ level, index })).toEqual(read({ level, index }));
        checked++;
      }
    }
    expect(checked).toBe(1_000 + 500 + 250 + 125 + 62 + 31 + 15 + 7 + 3 + 1);
  });

  it("are refused after any bit is changed, by the root or by the tile above", () => {
    fc.assert(
      fc.property(place, fc.nat(), fc.nat(), ([index, of], nat, bitNat) => {
        const tiles = listProvingTiles(listInclusionNodes(index, of), of);
        const given = fetchTiles(tiles);
        const { path, bytes, isPartial } = pick(given, nat);
        given.set(path, flipBit(bytes, bitNat % (bytes.byteLength * 8)));
        const code = codeOf(() => createTileReader(headOf(of), given));
        expect(code).toBe(isPartial ? "tlog/root-differs" : "tlog/tile-differs");
      }),
      { numRuns: 300 },
    );
  });

  it("are asked for where one is not given: a partial one, or one above another", () => {
    fc.assert(
      fc.property(place, fc.nat(), ([index, of], nat) => {
        const given = fetchTiles(listProvingTiles(listInclusionNodes(index, of), of));
        const { path, isPartial } = pick(given, nat);
        given.delete(path);
        const code = codeOf(() => proveInclusion(index, of, createTileReader(headOf(of), given)));
        // Without the lowest tile of a leaf, its own hash is missing; all others prove something.
        expect(isPartial ? ["tlog/tile-missing"] : ["tlog/tile-missing", "tlog/hash-missing"]).toContain(
          code,
        );
      }),
      { numRuns: 300 },
    );
  });

  it("are refused where they are not of this tree, or no tiles", () => {
    const given = () => fetchTiles(listNewTiles(0, 512));
    const answer = (tiles: Map<string, Uint8Array>, head = headOf(512)) =>
      codeOf(() => createTileReader(head, tiles));
    expect(answer(given())).toBe("not refused");
    expect(answer(given(), headOf(513))).toBe("tlog/tile-missing");
    expect(answer(given(), { size: 513, root: headOf(512).root })).toBe("tlog/tile-missing");
    expect(answer(given(), { size: 512, root: headOf(513).root })).toBe("tlog/root-differs");
    expect(answer(given(), { size: 512, root: new Uint8Array(31) })).toBe("tlog/hash");
    expect(answer(given(), { size: -1, root: headOf(1).root })).toBe("tlog/size");
    const tile = readTile({ kind: "hashes", level: 0, index: 0, width: 256 }, read);
    for (const [path, bytes, code] of [
      ["tile/0/002", tile, "tlog/tile-differs"],
      ["tile/0/001", tile, "tlog/tile-differs"],
      ["tile/0/000.p/1", tile.subarray(0, 32), "tlog/tile-differs"],
      ["tile/0/000", tile.subarray(32), "tlog/tile"],
      ["tile/1/000.p/2", tile, "tlog/tile"],
      ["tile/entries/000", tile, "tlog/tile-path"],
      ["tile/0/0", tile, "tlog/tile-path"],
    ] as const) {
      expect(answer(given().set(path, bytes))).toBe(code);
    }
  });

  it("have the nodes that their paths say", () => {
    for (const tile of listNewTiles(65_536, 66_200)) {
      for (const node of listTileNodes(tile)) expect(read(node)).toBeDefined();
    }
    expect(nodes.size).toBeGreaterThan(SIZE);
  });
});

function pick(given: ReadonlyMap<string, Uint8Array>, nat: number) {
  const [path, bytes] = [...given][nat % given.size] ?? ["", new Uint8Array()];
  return { path, bytes, isPartial: path.includes(".p/") };
}
