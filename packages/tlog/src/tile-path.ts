import { LeixError } from "@leix/protocol";
import { TILE_WIDTH } from "./limits.ts";

/** Consecutive hashes of one level: tlog-tiles, "Merkle Tree". A width below TILE_WIDTH makes it partial. */
export interface HashTile {
  readonly kind: "hashes";
  /** Of tiles: the hashes are of nodes of level 8 * `level`. */
  readonly level: number;
  readonly index: number;
  readonly width: number;
}

/** Consecutive entries: tlog-tiles, "Log entries". */
export interface EntryBundle {
  readonly kind: "entries";
  readonly index: number;
  readonly width: number;
}

export type Tile = HashTile | EntryBundle;

const PATH = /^tile\/(entries|[0-9]{1,2})\/((?:x[0-9]{3}\/){0,5}[0-9]{3})(?:\.p\/([0-9]{1,3}))?$/;

/**
 * tlog-tiles, "Merkle Tree" and "Partial Tiles": the path below the log's prefix, `tile/0/x001/x234/067.p/8`.
 * Throws `tlog/tile-path` for a tile that no tree has.
 */
export function encodeTilePath(tile: Tile): string {
  verifyTile(tile);
  const directory = tile.kind === "entries" ? "entries" : String(tile.level);
  const partial = tile.width < TILE_WIDTH ? `.p/${tile.width}` : "";
  return `tile/${directory}/${encodeIndex(tile.index)}${partial}`;
}

/** The reverse; each tile has one path. Throws `tlog/tile-path`. */
export function parseTilePath(path: string): Tile {
  const [, directory, index, width] = PATH.exec(path) ?? [];
  if (directory === undefined || index === undefined) throw new LeixError("tlog/tile-path");
  const place = {
    index: Number(index.replaceAll(/[x/]/g, "")),
    width: width === undefined ? TILE_WIDTH : Number(width),
  };
  const tile: Tile =
    directory === "entries"
      ? { kind: "entries", ...place }
      : { kind: "hashes", level: Number(directory), ...place };
  if (encodeTilePath(tile) !== path) throw new LeixError("tlog/tile-path", "not in its one spelling");
  return tile;
}

/** tlog-tiles, "Merkle Tree": zero-padded elements of three digits, an x before all but the last. */
function encodeIndex(index: number): string {
  const digits = String(index);
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, "0").match(/[0-9]{3}/g) ?? [];
  return groups.map((group, at) => (at < groups.length - 1 ? `x${group}` : group)).join("/");
}

/** Throws `tlog/tile-path` for a tile that no tree of at most 2 ** 53 - 1 leaves has. */
export function verifyTile(tile: Tile): void {
  const level = tile.kind === "entries" ? 0 : tile.level;
  const { index, width } = tile;
  const isWhole = [level, index, width].every((value) => Number.isSafeInteger(value) && value >= 0);
  const leaves = (index * TILE_WIDTH + width) * TILE_WIDTH ** level;
  if (!isWhole || width < 1 || width > TILE_WIDTH || !Number.isSafeInteger(leaves)) {
    throw new LeixError("tlog/tile-path", `level ${level} index ${index} width ${width}`);
  }
}
