import { LeixError } from "@leix/protocol";
import { HASH_BYTES, TILE_HEIGHT, TILE_WIDTH } from "./limits.ts";
import { verifySize } from "./sizes.ts";
import { type EntryBundle, encodeTilePath, type HashTile, verifyTile } from "./tile-path.ts";
import { type HashReader, hashComplete, readHash, type TreeNode } from "./tree-node.ts";

/** tlog-tiles, "Merkle Tree": hashes one after another. Throws `tlog/tile` and `tlog/hash`. */
export function encodeTile(hashes: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(hashes.length * HASH_BYTES);
  if (hashes.length < 1 || hashes.length > TILE_WIDTH) {
    throw new LeixError("tlog/tile", `${hashes.length} hashes`);
  }
  for (const [at, hash] of hashes.entries()) {
    if (hash.byteLength !== HASH_BYTES) throw new LeixError("tlog/hash", `${hash.byteLength} bytes`);
    bytes.set(hash, at * HASH_BYTES);
  }
  return bytes;
}

/** The hashes of a tile, as views of its bytes. Throws `tlog/tile` where they are not exactly its width. */
export function decodeTile(tile: HashTile, bytes: Uint8Array): readonly Uint8Array[] {
  verifyTile(tile);
  if (bytes.byteLength !== tile.width * HASH_BYTES) {
    throw new LeixError("tlog/tile", `${encodeTilePath(tile)} of ${bytes.byteLength} bytes`);
  }
  return Array.from({ length: tile.width }, (_, at) =>
    bytes.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES),
  );
}

/** tlog-tiles, "Partial Tiles": a partial tile from the full one that took its place. Throws `tlog/tile`. */
export function cutTile(tile: HashTile, bytes: Uint8Array): Uint8Array {
  decodeTile({ ...tile, width: TILE_WIDTH }, bytes);
  return bytes.subarray(0, tile.width * HASH_BYTES);
}

/** The nodes of which a tile has the hashes. */
export function listTileNodes({ level, index, width }: HashTile): readonly TreeNode[] {
  return Array.from({ length: width }, (_, at) => ({
    level: level * TILE_HEIGHT,
    index: index * TILE_WIDTH + at,
  }));
}

/** A tile's bytes, from wherever the tree's hashes are kept. Throws `tlog/hash-missing`. */
export function readTile(tile: HashTile, read: HashReader): Uint8Array {
  verifyTile(tile);
  return encodeTile(listTileNodes(tile).map((node) => readHash(node, read)));
}

/**
 * tlog-tiles, "Partial Tiles": how many hashes a tile has in a tree of this size; TILE_WIDTH for a full one,
 * 0 for one that the tree does not have.
 */
export function toTileWidth(level: number, index: number, size: number): number {
  const hashes = Math.floor(size / TILE_WIDTH ** level);
  return Math.max(0, Math.min(TILE_WIDTH, hashes - index * TILE_WIDTH));
}

/** The tile that has this node's hash, or the hashes from which to compute it, in a tree of this size. */
export function toTileOfNode({ level, index }: TreeNode, size: number): HashTile {
  const tileLevel = Math.floor(level / TILE_HEIGHT);
  const tileIndex = Math.floor((index * 2 ** (level % TILE_HEIGHT)) / TILE_WIDTH);
  const width = toTileWidth(tileLevel, tileIndex, size);
  return { kind: "hashes", level: tileLevel, index: tileIndex, width };
}

/** A node's hash from those of the tile that `toTileOfNode` names; undefined where it ends before. */
export function hashInTile(
  { level, index }: TreeNode,
  hashes: readonly Uint8Array[],
): Uint8Array | undefined {
  const count = 2 ** (level % TILE_HEIGHT);
  const from = (index * count) % TILE_WIDTH;
  return from + count <= hashes.length ? hashComplete(hashes.slice(from, from + count)) : undefined;
}

/**
 * tlog-tiles, "Partial Tiles": a tree's partial tiles, at most one a level, the lowest first. Together they
 * have everything its root is made of.
 */
export function listPartialTiles(size: number): readonly HashTile[] {
  verifySize(size, "tree size");
  const tiles: HashTile[] = [];
  for (let level = 0, hashes = size; hashes > 0; level++, hashes = Math.floor(hashes / TILE_WIDTH)) {
    const width = hashes % TILE_WIDTH;
    if (width > 0) tiles.push({ kind: "hashes", level, index: Math.floor(hashes / TILE_WIDTH), width });
  }
  return tiles;
}

/**
 * What a log writes when its tree grows: each tile that became full, and each that is partial now and was
 * not, or was narrower, before. Lower levels come first.
 */
export function listNewTiles(before: number, after: number): readonly HashTile[] {
  verifySize(before, "tree size before");
  verifySize(after, "tree size after");
  const tiles: HashTile[] = [];
  for (let level = 0; ; level++) {
    const [from, to] = [before, after].map((size) => Math.floor(size / TILE_WIDTH ** level));
    if (from === undefined || to === undefined || to === 0) return tiles;
    for (let index = Math.floor(from / TILE_WIDTH); from < to && index * TILE_WIDTH < to; index++) {
      tiles.push({ kind: "hashes", level, index, width: toTileWidth(level, index, after) });
    }
  }
}

/** tlog-tiles, "Log entries": the bundles that have the entries from `begin` to before `end`. */
export function listBundles(begin: number, end: number, size: number): readonly EntryBundle[] {
  for (const value of [begin, end, size]) verifySize(value, "range of entries");
  if (begin > end || end > size) throw new LeixError("tlog/size", `entries ${begin} to ${end} of ${size}`);
  const bundles: EntryBundle[] = [];
  for (let index = Math.floor(begin / TILE_WIDTH); begin < end && index * TILE_WIDTH < end; index++) {
    bundles.push({ kind: "entries", index, width: toTileWidth(0, index, size) });
  }
  return bundles;
}
