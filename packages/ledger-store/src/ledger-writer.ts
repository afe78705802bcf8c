import type { TreeHead } from "@leix/tlog";
import type { Erasure } from "./erasure-statement.ts";
import type { LogKeys, Published } from "./published.ts";
import type { StoreReader } from "./reader.ts";

export interface WriterOptions {
  /** Who signs the checkpoints that are published here. */
  readonly log: LogKeys;
}

/**
 * The one writer of a store. What it has said is so stays so through any crash: a head that it gave, and a
 * checkpoint that it published. After a failed write nothing more is written: open the store again.
 */
export interface LedgerWriter extends AsyncDisposable {
  /** All that is durable: what may be signed now. */
  readonly head: TreeHead;
  /** The last checkpoint that is on the disk; null before the first. */
  readonly published: Published | null;
  /**
   * Appends records in their order, each in the canonical bytes that `parseRecord` has taken. Settles with a
   * head that covers them, and whatever was appended before, once all of it is durable. Need not be awaited
   * before the next: what comes while others are written is written together (GROUP_RECORDS_MAX) and gets
   * one head. Rejects with `ledger/batch`, `record/malformed` and nothing changed; with
   * `ledger/store-failed`.
   */
  append(records: readonly Uint8Array[]): Promise<TreeHead>;
  /**
   * Puts a signed checkpoint of this tree into the store, durably and as a whole, in place of the last. One
   * of the same size may bring more signatures. Throws `ledger/checkpoint-invalid`,
   * `ledger/checkpoint-uncovered` for one that is not of this tree or of more of it than is durable,
   * `ledger/checkpoint-older`.
   */
  publish(note: Uint8Array): Promise<Published>;
  /**
   * Erases what is before a seal: of every record but statements and seals the bytes go, the entry stays, and
   * the tree with it. The states of earlier seals go too. What is erased is on the disk before the first byte
   * goes; what a crash leaves undone, the next writer does. Erases no less than was erased before. `at`:
   * NumericDate.
   *
   * Throws `ledger/seal-missing` where no seal that the checkpoint covers is there, `ledger/store-damaged`
   * with nothing changed where a record before it is not whole, `ledger/store-failed`.
   */
  eraseRecords(seal: number, at: number): Promise<Erasure>;
  /** The store as it is durable now, also where no checkpoint covers it yet. What is appended stays out. */
  openReader(): StoreReader;
  /** Resolves when nothing is being written any more, and the store is free for another writer. */
  close(): Promise<void>;
}
