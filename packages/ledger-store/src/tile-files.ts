import { LeixError } from "@leix/protocol";
import {
  createTileReader,
  decodeBundle,
  encodeBundle,
  encodeTilePath,
  HASH_BYTES,
  type HashReader,
  listProvingTiles,
  TILE_WIDTH,
  type Tile,
  type TreeHead,
  type TreeNode,
} from "@leix/tlog";
import type { Disk } from "./disk.ts";
import { toPartialFolder } from "./layout.ts";

/**
 * tlog-tiles, "Partial Tiles": a tile or entry bundle; for a partial one that is not there, the beginning of
 * the full one. Null where neither is there. Nothing is verified.
 */
export function loadTile(disk: Disk, tile: Tile): Promise<Uint8Array | null> {
  return loadFrom(disk, tile, [tile.width, TILE_WIDTH]);
}

/** The same, also from a partial one that is wider: no client does it, but a damaged store may need it. */
export async function salvageTile(disk: Disk, tile: Tile): Promise<Uint8Array | null> {
  const widths = (await listPartialWidths(disk, tile)).filter((width) => width > tile.width);
  return loadFrom(disk, tile, [tile.width, TILE_WIDTH, ...widths]);
}

async function loadFrom(disk: Disk, tile: Tile, widths: readonly number[]): Promise<Uint8Array | null> {
  for (const width of widths) {
    const bytes = await disk.read(encodeTilePath({ ...tile, width }));
    if (!bytes) continue;
    if (width === tile.width) return bytes;
    if (tile.kind === "hashes") return bytes.subarray(0, tile.width * HASH_BYTES);
    return encodeBundle(decodeBundle(bytes, width).slice(0, tile.width));
  }
  return null;
}

/** How much of a tile or bundle there is: the full one, or the widest partial one. 0 for none. */
export async function findWidth(disk: Disk, tile: Tile): Promise<number> {
  if ((await disk.size(encodeTilePath({ ...tile, width: TILE_WIDTH }))) !== null) return TILE_WIDTH;
  return Math.max(0, ...(await listPartialWidths(disk, tile)));
}

/** The widths of the partial ones that there are, whatever the tile's own. */
export async function listPartialWidths(disk: Disk, tile: Tile): Promise<readonly number[]> {
  const names = (await disk.list(toPartialFolder(tile))) ?? [];
  const widths = names.map(({ name }) => (/^[1-9][0-9]{0,2}$/.test(name) ? Number(name) : TILE_WIDTH));
  return widths.filter((width) => width < TILE_WIDTH);
}

/**
 * The hashes of these nodes of a tree, as `@leix/tlog` makes proofs from them: each verified against the
 * root. Throws `tlog/tile-missing`, `tlog/tile-differs`, `tlog/root-differs`, `tlog/size`.
 */
export async function loadHashes(
  disk: Disk,
  nodes: readonly TreeNode[],
  head: TreeHead,
): Promise<HashReader> {
  const tiles = listProvingTiles(nodes, head.size);
  const given = await Promise.all(
    tiles.map(async (tile) => {
      const [path, bytes] = [encodeTilePath(tile), await loadTile(disk, tile)];
      if (!bytes) throw new LeixError("tlog/tile-missing", path);
      return [path, bytes] as const;
    }),
  );
  return createTileReader(head, new Map(given));
}
