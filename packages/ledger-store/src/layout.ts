import { encodeUtf8, LeixError } from "@leix/protocol";
import { encodeTilePath, parseTilePath, TILE_WIDTH, type Tile, toTileWidth } from "@leix/tlog";

/** Where everything is in the store's folder. Paths have forward slashes and begin below it. */

export const ROOT = "";
export const FORMAT_PATH = "format";
export const CHECKPOINT_PATH = "checkpoint";
/** What was erased (`erasure-statement.ts`). */
export const ERASED_PATH = "erased";
export const LOCK_PATH = "writer.lock";
export const DRAFTS_FOLDER = "drafts";
export const TILES_FOLDER = "tile";
export const RECORDS_FOLDER = "record";
/** The state that a seal names, under the seal's index (`sealed-state.ts`). */
export const SEALED_FOLDER = "sealed";

/** The whole of the file `format`: which layout the folder has. */
export const FORMAT_BYTES = encodeUtf8('{"format":"leix-ledger-store","v":1}\n');

export type StorePath =
  | { readonly kind: "format" | "checkpoint" | "erased" | "lock" | "draft" | "foreign" }
  | { readonly kind: "sealed"; readonly index: number }
  | { readonly kind: "tile"; readonly tile: Tile }
  | { readonly kind: "records"; readonly bundle: number };

/** The records of bundle n, numbered and spelled as the entry bundle of the same leaves. */
export function encodeRecordPath(bundle: number): string {
  const path = encodeTilePath({ kind: "entries", index: bundle, width: TILE_WIDTH });
  return path.replace("tile/entries", RECORDS_FOLDER);
}

const SEALED = new RegExp(`^${SEALED_FOLDER}/(0|[1-9][0-9]{0,14})$`);

/** What a file is, by its path alone; `foreign` for what the store never writes. */
export function parseStorePath(path: string): StorePath {
  if (path === FORMAT_PATH) return { kind: "format" };
  if (path === CHECKPOINT_PATH) return { kind: "checkpoint" };
  if (path === ERASED_PATH) return { kind: "erased" };
  if (path === LOCK_PATH) return { kind: "lock" };
  if (path.startsWith(`${DRAFTS_FOLDER}/`)) return { kind: "draft" };
  if (path.startsWith(`${TILES_FOLDER}/`)) {
    const tile = parseTile(path);
    return tile === null ? { kind: "foreign" } : { kind: "tile", tile };
  }
  const [, sealed] = SEALED.exec(path) ?? [];
  if (sealed !== undefined) return { kind: "sealed", index: Number(sealed) };
  if (!path.startsWith(`${RECORDS_FOLDER}/`)) return { kind: "foreign" };
  const tile = parseTile(path.replace(RECORDS_FOLDER, "tile/entries"));
  if (tile === null || tile.width < TILE_WIDTH) return { kind: "foreign" };
  return { kind: "records", bundle: tile.index };
}

/** Has a tree of this size no such tile, or not as much of it? */
export function isBeyond(path: StorePath, size: number): boolean {
  if (path.kind === "records") return path.bundle * TILE_WIDTH >= size;
  if (path.kind === "sealed") return path.index >= size;
  if (path.kind !== "tile") return false;
  const { tile } = path;
  return tile.width > toTileWidth(tile.kind === "entries" ? 0 : tile.level, tile.index, size);
}

/** The folder of a tile's partial ones. */
export function toPartialFolder(tile: Tile): string {
  return `${encodeTilePath({ ...tile, width: TILE_WIDTH })}.p`;
}

/** The tile whose partial ones are in this folder; null for other folders. */
export function parsePartialFolder(folder: string): Tile | null {
  return folder.endsWith(".p") ? parseTile(folder.slice(0, -".p".length)) : null;
}

/** The folder that a file or folder is in. */
export function toFolder(path: string): string {
  const end = path.lastIndexOf("/");
  return end < 0 ? ROOT : path.slice(0, end);
}

export function toPath(folder: string, name: string): string {
  return folder === ROOT ? name : `${folder}/${name}`;
}

function parseTile(path: string): Tile | null {
  try {
    return parseTilePath(path);
  } catch (error) {
    if (error instanceof LeixError) return null;
    throw error;
  }
}
