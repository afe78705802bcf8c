import { LeixError } from "@leix/protocol";
import {
  decodeBundle,
  encodeTilePath,
  type HashReader,
  listBundles,
  type Tile,
  type TreeHead,
  type TreeNode,
  toTileWidth,
} from "@leix/tlog";
import type { Disk } from "./disk.ts";
import { verifyFormat } from "./format.ts";
import { encodeRecordPath } from "./layout.ts";
import { type LeafEntry, parseLeafEntry, toRecordDigest } from "./leaf-entry.ts";
import { BUNDLE_RECORDS_MAX } from "./limits.ts";
import { createNodeDisk } from "./node-disk.ts";
import { createLogPolicy, loadPublished, type Published } from "./published.ts";
import { type RecordLine, readRecordLines } from "./record-lines.ts";
import { loadHashes, loadTile } from "./tile-files.ts";

export interface ReaderOptions {
  /** The verifier key of the log. A checkpoint that it did not sign is not believed. */
  readonly log: string;
}

/** A leaf as the tree has it. */
export interface StoredEntry extends LeafEntry {
  readonly index: number;
  /** What is hashed into the tree. */
  readonly bytes: Uint8Array;
}

/** A leaf with its record, which is the one whose digest it has. Null for one that was erased. */
export interface StoredRecord {
  readonly index: number;
  readonly entry: StoredEntry;
  readonly record: Uint8Array | null;
}

/**
 * A store as its checkpoint had it when the reader was opened. A writer may go on beside it: what a
 * checkpoint covers stays. For a newer one, open another reader: it holds nothing.
 *
 * That an entry is in the tree is not verified for each read: `loadHashes` gives what proves it, and whoever
 * reads all of them makes the root again.
 */
export interface LedgerReader {
  readonly head: Published;
  /** A tile or bundle as tlog-tiles serves it. Null for one that is not of this tree. */
  readTile(tile: Tile): Promise<Uint8Array | null>;
  /** What proofs are made from (`proveInclusion`, `proveConsistency`), verified against the root. */
  loadHashes(nodes: readonly TreeNode[], head?: TreeHead): Promise<HashReader>;
  /** Throws `tlog/size` for an index that the tree does not have. */
  readRecord(index: number): Promise<StoredRecord>;
  /** Those from `begin` to before `end`, in order, in bounded memory. */
  entries(begin?: number, end?: number): AsyncGenerator<StoredEntry, void>;
  /** The same with their records. */
  records(begin?: number, end?: number): AsyncGenerator<StoredRecord, void>;
}

/**
 * Throws `ledger/unpublished` where there is no checkpoint yet, `ledger/checkpoint-invalid`,
 * `ledger/store-format`, `ledger/store-failed`, `tlog/key`. Reading throws `ledger/store-damaged` where a
 * bundle, an entry or a record is not what it has to be.
 */
export async function openLedgerReader(folder: string, { log }: ReaderOptions): Promise<LedgerReader> {
  const [disk, policy] = [createNodeDisk(folder), await createLogPolicy(log)];
  await verifyFormat(disk);
  const head = await loadPublished(disk, policy);
  if (!head) throw new LeixError("ledger/unpublished", folder);
  return createReader(disk, head);
}

/** The same on any disk, at a head that is believed. */
export function createReader(disk: Disk, head: Published): LedgerReader {
  const entries = (begin = 0, end = head.size) => readEntries(disk, begin, end, head.size);
  const records = (begin = 0, end = head.size) => readRecords(disk, begin, end, head.size);
  return {
    head,
    entries,
    records,
    readTile: async (tile) => (isOf(tile, head.size) ? loadTile(disk, tile) : null),
    loadHashes: (nodes, of = head) => loadHashes(disk, nodes, of),
    readRecord: async (index) => {
      for await (const record of records(index, index + 1)) return record;
      throw new LeixError("tlog/size", `record ${index} of ${head.size}`);
    },
  };
}

/** Does a tree of this size have the tile, at this width or wider? */
function isOf(tile: Tile, size: number): boolean {
  return tile.width <= toTileWidth(tile.kind === "entries" ? 0 : tile.level, tile.index, size);
}

async function* readEntries(
  disk: Disk,
  begin: number,
  end: number,
  size: number,
): AsyncGenerator<StoredEntry, void> {
  for (const bundle of listBundles(begin, end, size)) {
    const path = encodeTilePath(bundle);
    const bytes = await loadTile(disk, bundle);
    if (!bytes) throw new LeixError("ledger/store-damaged", `${path} is not there`);
    const first = bundle.index * BUNDLE_RECORDS_MAX;
    for (const [at, entry] of attempt(path, () => decodeBundle(bytes, bundle.width)).entries()) {
      const index = first + at;
      if (index < begin || index >= end) continue;
      yield { index, bytes: entry, ...attempt(`${path}: entry ${at}`, () => parseLeafEntry(entry)) };
    }
  }
}

async function* readRecords(
  disk: Disk,
  begin: number,
  end: number,
  size: number,
): AsyncGenerator<StoredRecord, void> {
  let lines: AsyncGenerator<RecordLine, void> | undefined;
  let [bundle, next] = [-1, 0];
  for await (const entry of readEntries(disk, begin, end, size)) {
    const { index } = entry;
    if (Math.floor(index / BUNDLE_RECORDS_MAX) !== bundle) {
      bundle = Math.floor(index / BUNDLE_RECORDS_MAX);
      next = bundle * BUNDLE_RECORDS_MAX;
      lines = readRecordLines(disk, encodeRecordPath(bundle));
    }
    let line: RecordLine | undefined;
    for (; next <= index; next++) line = (await lines?.next())?.value ?? undefined;
    yield { index, entry, record: toRecord(line, entry) };
  }
}

function toRecord(line: RecordLine | undefined, { index, digest }: StoredEntry): Uint8Array | null {
  const path = encodeRecordPath(Math.floor(index / BUNDLE_RECORDS_MAX));
  if (!line?.isEnded) throw new LeixError("ledger/store-damaged", `${path}: record ${index} is not there`);
  if (line.at === line.end) return null;
  if (!line.bytes || toRecordDigest(line.bytes) !== digest) {
    throw new LeixError("ledger/store-damaged", `${path} from byte ${line.at}: not the record ${index}`);
  }
  return line.bytes;
}

function attempt<T>(place: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof LeixError)) throw cause;
    throw new LeixError("ledger/store-damaged", `${place}: ${cause.message}`, { cause });
  }
}
