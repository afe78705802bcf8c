import { LeixError } from "@leix/protocol";
import {
  decodeTile,
  encodeTilePath,
  type HashTile,
  isSameHash,
  listBundles,
  listNewTiles,
  TILE_WIDTH,
  toRoot,
  toTileWidth,
  verifyBundle,
} from "@leix/tlog";
import type { StoreEnd } from "./batch.ts";
import type { Disk } from "./disk.ts";
import { type Erasure, loadVerifiedErasure } from "./erasure-statement.ts";
import type { FilePlacer } from "./file-placer.ts";
import { prepareFormat } from "./format.ts";
import { DRAFTS_FOLDER, encodeRecordPath, ROOT, toFolder, toPartialFolder } from "./layout.ts";
import { BUNDLE_RECORDS_MAX, GROUP_RECORDS_MAX } from "./limits.ts";
import { type LogPolicy, loadPublished, type Published } from "./published.ts";
import { hashEntry } from "./record-entry.ts";
import { loadStoredBundle, type StoredBundle } from "./stored-bundle.ts";
import { removeStrays } from "./strays.ts";
import { loadTile } from "./tile-files.ts";
import { growEdge, loadEdge, type TreeEdge } from "./tree-edge.ts";

/** The file of records that grows, and how much of it counts. */
export interface RecordTail {
  readonly bundle: number;
  readonly bytes: number;
}

/** A store that can go on from where it was. */
export interface Recovered {
  readonly end: StoreEnd;
  readonly tail: RecordTail;
  readonly published: Published | null;
}

/**
 * Brings a store into the state it has between two appends, from wherever it was left: the way every writer
 * begins. A record counts from the moment its entry bundle took its name, because by then the record was
 * durable; and a head was handed out only after that. So the store is as large as its entry bundles reach
 * without a gap, from the checkpoint on, and never smaller than any head that was handed out. What is written
 * beyond is removed; tiles that are missing are made again from the entries.
 *
 * Nothing is changed before all of that is seen to fit. Throws `ledger/store-damaged`,
 * `ledger/checkpoint-invalid`, `ledger/store-format`: what no crash explains, an operator looks at.
 */
export async function recoverStore(disk: Disk, placer: FilePlacer, policy: LogPolicy): Promise<Recovered> {
  await prepareFormat(disk, placer);
  await placer.removeFolder(DRAFTS_FOLDER);
  const published = await loadPublished(disk, policy);
  const erasure = await loadVerifiedErasure(disk);
  const covered = await loadCovered(disk, published);
  const from = covered.range.end;
  const bundles = await loadBundles(disk, from, erasure);
  const leaves = bundles.stored.flatMap(({ entries }) => entries).slice(from - bundles.begin);
  const { edge, tiles } = growEdge(covered, leaves.map(hashEntry));
  const size = edge.range.end;

  const tail = await cutTail(disk, bundles, size);
  await removeStrays(disk, placer, size);
  const missing = [];
  for (const { tile, bytes } of tiles) {
    const stored = await disk.read(encodeTilePath(tile));
    if (!stored || Buffer.compare(stored, bytes) !== 0) missing.push({ path: encodeTilePath(tile), bytes });
  }
  await placer.place(await placer.draft(missing));
  // After a loss of power, names that are here now may be gone, and names that are gone may be here again.
  for (const folder of await listFolders(disk, from, size + GROUP_RECORDS_MAX)) await disk.syncFolder(folder);
  const entries = bundles.stored.at(-1)?.entries ?? [];
  const isFull = size % BUNDLE_RECORDS_MAX === 0;
  return { end: { edge, entries: isFull ? [] : entries }, tail, published };
}

/** The tree that the checkpoint covers, from its tiles. */
async function loadCovered(disk: Disk, published: Published | null): Promise<TreeEdge> {
  const size = published?.size ?? 0;
  try {
    const edge = await loadEdge(size, (tile) => loadTile(disk, tile));
    if (!published || isSameHash(toRoot(edge.range), published.root)) return edge;
  } catch (cause) {
    throw toDamage(cause, `a tree of ${size}, as the checkpoint says`);
  }
  throw new LeixError("ledger/store-damaged", `the tiles of size ${size} do not make the checkpoint's root`);
}

interface Bundles {
  /** The first leaf of the first of them. */
  readonly begin: number;
  readonly stored: readonly StoredBundle[];
}

/** The last bundle that the checkpoint covers, if only in part, and those after it without a gap. */
async function loadBundles(disk: Disk, covered: number, erasure: Erasure | null): Promise<Bundles> {
  const first = Math.floor(Math.max(0, covered - 1) / BUNDLE_RECORDS_MAX);
  const stored: StoredBundle[] = [];
  for (let index = first; ; index++) {
    const bundle = await loadStoredBundle(disk, index, erasure);
    if (bundle) stored.push(bundle);
    if (!bundle || bundle.entries.length < BUNDLE_RECORDS_MAX) break;
  }
  const width = toTileWidth(0, first, covered);
  if (width > 0) await verifyCovered(disk, { kind: "hashes", level: 0, index: first, width }, stored[0]);
  return { begin: first * BUNDLE_RECORDS_MAX, stored };
}

async function verifyCovered(disk: Disk, tile: HashTile, bundle: StoredBundle | undefined): Promise<void> {
  const path = encodeTilePath(tile);
  try {
    const bytes = await loadTile(disk, tile);
    if (!bytes) throw new LeixError("tlog/tile-missing", path);
    verifyBundle((bundle?.entries ?? []).slice(0, tile.width), decodeTile(tile, bytes));
  } catch (cause) {
    throw toDamage(cause, `${path} and its entries`);
  }
}

/** A crash between records and entries leaves records that do not count. */
async function cutTail(disk: Disk, { begin, stored }: Bundles, size: number): Promise<RecordTail> {
  const last = stored.at(-1);
  if (!last || size % BUNDLE_RECORDS_MAX === 0) return { bundle: size / BUNDLE_RECORDS_MAX, bytes: 0 };
  const tail = { bundle: begin / BUNDLE_RECORDS_MAX + stored.length - 1, bytes: last.recordBytes };
  await cutRecords(disk, tail);
  return tail;
}

async function cutRecords(disk: Disk, { bundle, bytes }: RecordTail): Promise<void> {
  const path = encodeRecordPath(bundle);
  if (((await disk.size(path)) ?? 0) > bytes) await disk.truncate(path, bytes);
}

/**
 * The folders that are there of all in which names stand for what a store of one size has more than a smaller
 * one. Names are taken by one group of records after the other, so none was beyond the next group.
 */
async function listFolders(disk: Disk, before: number, after: number): Promise<readonly string[]> {
  const bundles = listBundles(before, after, after);
  const records = bundles.map(({ index }) => encodeRecordPath(index));
  const tiles = [...listNewTiles(before, after), ...bundles];
  const wholes = tiles.map((tile) => encodeTilePath({ ...tile, width: TILE_WIDTH }));
  const folders = new Set([ROOT, ...[...wholes, ...records].map(toFolder), ...tiles.map(toPartialFolder)]);
  const found: string[] = [];
  for (const folder of folders) if ((await disk.list(folder)) !== null) found.push(folder);
  return found;
}

function toDamage(cause: unknown, detail: string): unknown {
  if (!(cause instanceof LeixError) || cause.code.startsWith("ledger/store-")) return cause;
  return new LeixError("ledger/store-damaged", `${detail}: ${cause.message}`, { cause });
}
