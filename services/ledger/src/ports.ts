/** LEDGER, as the ledger service needs it. */
export interface Ledger {
  /**
   * Every record from an index on, once, in order, for as long as the signal lasts; a broker that is away is
   * waited for. `last` is the record before that index, where there is one. Throws `ledger/rolled-back` where
   * that, or what was given, is not there any more as it was.
   */
  follow(from: number, last: Uint8Array | undefined, signal: AbortSignal): AsyncIterable<Uint8Array>;
  /**
   * The index of its first record: 0, or that of a seal below which all was put away. Throws
   * `ledger/rolled-back` for any other beginning, `broker/no-answer`.
   */
  begin(): Promise<number>;
  /**
   * Every record from an index to the end as it is now, in order. Throws `ledger/rolled-back` for a gap,
   * `broker/no-answer`.
   */
  read(from: number): AsyncIterable<Uint8Array>;
  /**
   * Is there a record at this index, and, where it is given, this one? Throws `ledger/rolled-back` where not,
   * `broker/no-answer`.
   */
  verifyRecord(index: number, record?: Uint8Array): Promise<void>;
}

/** A signed checkpoint with its place in the stream. */
export interface AppendedCheckpoint {
  readonly sequence: number;
  readonly note: Uint8Array;
}

/** CHECKPOINT: where instances of this service agree on which checkpoint came first. */
export interface Checkpoints {
  /** The newest; null before the first. Throws `broker/no-answer`. */
  load(): Promise<AppendedCheckpoint | null>;
  /**
   * Appends after the one with that sequence (0: as the first), and gives its own; durable on return. Throws
   * `broker/head-moved` (nothing happened) and `broker/not-acknowledged` (it may have: load and see). Never
   * retries.
   */
  append(note: Uint8Array, afterSequence: number): Promise<number>;
}

/** The last checkpoint that the quorum of witnesses has cosigned. */
export interface CosignedMemory {
  /** A note of its form. Null before the first. */
  load(): Promise<Uint8Array | null>;
  /** As a whole, in place of the last; durable on return. */
  save(note: Uint8Array): Promise<void>;
}
