import { TILE_WIDTH, type Tile } from "@leix/tlog";
import { toPartialFolder } from "./layout.ts";
import { PARTIAL_GRACE_LEAVES } from "./limits.ts";

/**
 * The folders of partial tiles and bundles that a tree of size `before` still had to have and one of size
 * `after` has not: it has grown by PARTIAL_GRACE_LEAVES past the full ones.
 */
export function listExpiredPartials(before: number, after: number): readonly string[] {
  const folders: string[] = [];
  for (let level = 0; countExpired(level, after) > 0; level++) {
    for (let index = countExpired(level, before); index < countExpired(level, after); index++) {
      folders.push(toPartialFolder({ kind: "hashes", level, index, width: TILE_WIDTH }));
      if (level === 0) folders.push(toPartialFolder({ kind: "entries", index, width: TILE_WIDTH }));
    }
  }
  return folders;
}

/** Has a tree of this size grown far enough past a full tile? */
export function isExpired(tile: Tile, size: number): boolean {
  return tile.index < countExpired(tile.kind === "entries" ? 0 : tile.level, size);
}

/** How many tiles of a level are full for so long. */
function countExpired(level: number, size: number): number {
  return Math.max(0, Math.floor((size - PARTIAL_GRACE_LEAVES) / TILE_WIDTH ** (level + 1)));
}
