import { LeixError } from "@leix/protocol";
import {
  type HashReader,
  listConsistencyNodes,
  proveConsistency,
  type Tile,
  type TreeHead,
  type TreeNode,
  toTileWidth,
  verifyConsistency,
} from "@leix/tlog";
import type { Disk } from "./disk.ts";
import { verifyFormat } from "./format.ts";
import { CHECKPOINT_PATH } from "./layout.ts";
import { createNodeDisk } from "./node-disk.ts";
import { createLogPolicy, type LogKeys, type LogPolicy, loadPublished, type Published } from "./published.ts";
import { readEntries, readRecords, type StoredEntry, type StoredRecord } from "./stored-records.ts";
import { loadHashes, loadTile } from "./tile-files.ts";

export interface ReaderOptions {
  /** Who signs the log. A checkpoint that is not signed so is not believed. */
  readonly log: LogKeys;
}

/**
 * A store as it was at a head. A writer may go on beside it: what is durable stays. It holds nothing.
 *
 * That an entry is in the tree is not verified for each read: `loadHashes` gives what proves it, and whoever
 * reads all of them makes the root again. Reading throws `ledger/store-damaged` where a bundle, an entry or a
 * record is not what it has to be, `ledger/store-failed`, and `tlog/size` for what the tree does not have.
 */
export interface StoreReader {
  readonly head: TreeHead;
  /** A tile or bundle as tlog-tiles serves it. Null for one that is not of this tree. */
  readTile(tile: Tile): Promise<Uint8Array | null>;
  /**
   * What proofs are made from (`proveInclusion`, `proveConsistency`), verified against the root: of this
   * head, or of another that this tree had. Throws `tlog/tile-missing`, `tlog/tile-differs`,
   * `tlog/root-differs`, `tlog/size`.
   */
  loadHashes(nodes: readonly TreeNode[], head?: TreeHead): Promise<HashReader>;
  readRecord(index: number): Promise<StoredRecord>;
  /** Those from `begin` to before `end`, in order, in bounded memory. */
  entries(begin?: number, end?: number): AsyncGenerator<StoredEntry, void>;
  /** The same with their records. */
  records(begin?: number, end?: number): AsyncGenerator<StoredRecord, void>;
}

/** A store as a checkpoint has it. */
export interface LedgerReader extends StoreReader {
  readonly head: Published;
  /**
   * The store as its newest checkpoint has it: this reader again where there is no newer one. Throws
   * `ledger/store-damaged` for one whose tree does not begin with this one, `ledger/checkpoint-invalid`.
   */
  latest(): Promise<LedgerReader>;
}

/**
 * Throws `ledger/unpublished` where there is no checkpoint yet, `ledger/checkpoint-invalid`,
 * `ledger/store-format`, `ledger/store-failed`, `tlog/key`.
 */
export async function openLedgerReader(folder: string, { log }: ReaderOptions): Promise<LedgerReader> {
  return openReader(createNodeDisk(folder), await createLogPolicy(log));
}

/**
 * A store at a head that it is believed to have. For who is to find out by its records who may have signed a
 * checkpoint: nothing of it is verified.
 */
export function openReaderAt(folder: string, head: TreeHead): StoreReader {
  return createReader(createNodeDisk(folder), head);
}

/** The same on any disk. */
export async function openReader(disk: Disk, policy: LogPolicy): Promise<LedgerReader> {
  await verifyFormat(disk);
  const head = await loadPublished(disk, policy);
  if (!head) throw new LeixError("ledger/unpublished", CHECKPOINT_PATH);
  return createLedgerReader(disk, policy, head);
}

function createLedgerReader(disk: Disk, policy: LogPolicy, head: Published): LedgerReader {
  const reader: LedgerReader = {
    ...createReader(disk, head),
    head,
    latest: async () => {
      const newest = await loadPublished(disk, policy);
      await verifyExtension(disk, head, newest);
      const isSame = !newest || Buffer.compare(newest.note, head.note) === 0;
      return isSame ? reader : createLedgerReader(disk, policy, newest);
    },
  };
  return reader;
}

/** Throws `ledger/store-damaged` where the next tree does not begin with this one. */
async function verifyExtension(disk: Disk, { size, root }: TreeHead, next: TreeHead | null): Promise<void> {
  try {
    if (!next || next.size < size) throw new LeixError("tlog/size", `${next?.size ?? 0}, after ${size}`);
    const hashes = await loadHashes(disk, listConsistencyNodes(size, next.size), next);
    verifyConsistency(proveConsistency(size, next.size, hashes), root, next.root);
  } catch (cause) {
    if (!(cause instanceof LeixError) || cause.code === "ledger/store-failed") throw cause;
    throw new LeixError("ledger/store-damaged", `${CHECKPOINT_PATH}: ${cause.message}`, { cause });
  }
}

/** The store at any head that it had, which is believed. */
export function createReader(disk: Disk, head: TreeHead): StoreReader {
  const { size } = head;
  const records = (begin = 0, end = size) => readRecords(disk, begin, end, size);
  return {
    head,
    entries: (begin = 0, end = size) => readEntries(disk, begin, end, size),
    records,
    readTile: async (tile) => (isOf(tile, size) ? loadTile(disk, tile) : null),
    loadHashes: (nodes, of = head) => loadHashes(disk, nodes, of),
    readRecord: async (index) => {
      for await (const record of records(index, index + 1)) return record;
      throw new LeixError("tlog/size", `record ${index} of ${size}`);
    },
  };
}

/** Does a tree of this size have the tile, at this width or wider? */
function isOf(tile: Tile, size: number): boolean {
  return tile.width <= toTileWidth(tile.kind === "entries" ? 0 : tile.level, tile.index, size);
}
