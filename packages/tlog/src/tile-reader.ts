import { LeixError } from "@leix/protocol";
import { TILE_HEIGHT, TILE_WIDTH } from "./limits.ts";
import { isSameHash, verifyHash } from "./merkle-hash.ts";
import { verifySize } from "./sizes.ts";
import { decodeTile, hashInTile, listPartialTiles, toTileOfNode, toTileWidth } from "./tile.ts";
import { encodeTilePath, type HashTile, parseTilePath } from "./tile-path.ts";
import {
  foldHashes,
  type HashReader,
  hashComplete,
  listRangeNodes,
  readHash,
  type TreeNode,
} from "./tree-node.ts";

/** What a checkpoint says of a tree. */
export interface TreeHead {
  readonly size: number;
  readonly root: Uint8Array;
}

/** The bytes of tiles by their paths (`encodeTilePath`), as fetched: nothing of them is believed. */
export type TileBytes = ReadonlyMap<string, Uint8Array>;

type Verified = Map<string, readonly Uint8Array[]>;

/**
 * The tiles from which `createTileReader` can read these nodes of a tree: those that have them, those that
 * prove these (each full tile's hash is in a tile above), and the partial tiles, which the root proves.
 */
export function listProvingTiles(nodes: readonly TreeNode[], size: number): readonly HashTile[] {
  const tiles = new Map(listPartialTiles(size).map((tile) => [encodeTilePath(tile), tile]));
  for (const node of nodes) {
    for (let tile = toTileOfNode(node, size); ; tile = toParent(tile, size)) {
      if (isAbsent(tile)) throw new LeixError("tlog/size", `level ${node.level} index ${node.index}`);
      const path = encodeTilePath(tile);
      if (tiles.has(path)) break;
      tiles.set(path, tile);
    }
  }
  return [...tiles.values()];
}

/**
 * Verifies every tile given against the root and reads from those alone, so that each hash it gives is of
 * that tree. A partial tile may be given as the beginning of the full one (`cutTile`).
 *
 * Throws `tlog/root-differs` where the partial tiles do not make the root; `tlog/tile-differs` where a full
 * one is not the one whose hash is in the tile above, or one is not of a tree of this size at all;
 * `tlog/tile-missing` where one of `listProvingTiles` is not given; `tlog/tile-path` and `tlog/tile` for what
 * is no tile.
 */
export function createTileReader(head: TreeHead, tiles: TileBytes): HashReader {
  const verified: Verified = new Map();
  verifyPartialTiles(head, tiles, verified);
  const others = [...tiles.keys()].filter((path) => !verified.has(path)).map(parseHashTile);
  // From above to below: what proves a tile is then already proven itself.
  for (const tile of others.toSorted((a, b) => b.level - a.level)) {
    verifyFullTile(tile, head.size, tiles, verified);
  }
  return (node) => readNode(node, head.size, verified);
}

function verifyPartialTiles({ size, root }: TreeHead, tiles: TileBytes, verified: Verified): void {
  verifySize(size, "tree size");
  verifyHash(root);
  for (const tile of listPartialTiles(size)) verified.set(encodeTilePath(tile), decodeGiven(tile, tiles));
  const nodes = listRangeNodes({ begin: 0, end: size });
  const computed = foldHashes(nodes.map((node) => readHash(node, (one) => readNode(one, size, verified))));
  if (!isSameHash(computed, root)) throw new LeixError("tlog/root-differs", `tree of ${size}`);
}

function verifyFullTile(tile: HashTile, size: number, tiles: TileBytes, verified: Verified): void {
  const path = encodeTilePath(tile);
  if (tile.width !== TILE_WIDTH || toTileWidth(tile.level, tile.index, size) !== TILE_WIDTH) {
    throw new LeixError("tlog/tile-differs", `${path} is not of a tree of ${size}`);
  }
  const node = { level: (tile.level + 1) * TILE_HEIGHT, index: tile.index };
  const expected = readNode(node, size, verified);
  if (!expected) throw new LeixError("tlog/tile-missing", encodeTilePath(toParent(tile, size)));
  const hashes = decodeGiven(tile, tiles);
  if (!isSameHash(hashComplete(hashes), expected)) throw new LeixError("tlog/tile-differs", path);
  verified.set(path, hashes);
}

function decodeGiven(tile: HashTile, tiles: TileBytes): readonly Uint8Array[] {
  const path = encodeTilePath(tile);
  const bytes = tiles.get(path);
  if (!bytes) throw new LeixError("tlog/tile-missing", path);
  return decodeTile(tile, bytes);
}

function parseHashTile(path: string): HashTile {
  const tile = parseTilePath(path);
  if (tile.kind === "entries") throw new LeixError("tlog/tile-path", `${path} has no hashes`);
  return tile;
}

function readNode(node: TreeNode, size: number, verified: Verified): Uint8Array | undefined {
  const tile = toTileOfNode(node, size);
  if (isAbsent(tile)) return undefined;
  const hashes = verified.get(encodeTilePath(tile));
  return hashes && hashInTile(node, hashes);
}

/** Of a tile that the tree does not have. */
function isAbsent({ width }: HashTile): boolean {
  return width === 0;
}

function toParent({ level, index }: HashTile, size: number): HashTile {
  const above = Math.floor(index / TILE_WIDTH);
  return { kind: "hashes", level: level + 1, index: above, width: toTileWidth(level + 1, above, size) };
}
