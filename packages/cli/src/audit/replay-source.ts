import type { SealedItem } from "@leix/exchange";
import type { ErrorCode, LeixError } from "@leix/protocol";
import type { CompactRange } from "@leix/tlog";
import type { FollowedLog } from "./replay/follow-log.ts";

/** One record as a source gives it. */
export interface SourceRecord {
  readonly bytes: Uint8Array;
  /** Where it begins in its file. */
  readonly offset?: number;
  /** Why it cannot be a record of this ledger, whatever its bytes say. */
  readonly refused?: LeixError;
  /** The leaf of a record that was erased, of which there are no bytes. */
  readonly erased?: Uint8Array;
}

/** Where the records come from. */
export interface ReplaySource {
  /** How many records there are, by the source's own word. */
  readonly total: number;
  /** Of a file: all of it, in bytes. */
  readonly size?: number;
  /** What the source says of itself that is not so. */
  readonly differences: readonly ReplayDifference[];
  /** The signed checkpoint (a note) that comes with it. */
  readonly checkpoint?: Uint8Array | undefined;
  /** The newest that the quorum of witnesses has cosigned; as a rule older than the checkpoint. */
  readonly cosigned?: Uint8Array | undefined;
  /** Who signs, where the source was followed when it was opened. */
  readonly log?: FollowedLog | undefined;
  /** The tree before its first record, where that is a seal, and what was before it was put away. */
  readonly begin?: CompactRange;
  /**
   * What was put away with the seal at an index; null where the source has it not. Nothing in it is believed
   * before it is compared with the seal.
   */
  sealed?(index: number): Promise<AsyncIterable<SealedItem> | null>;
  /** In order from record `begin` (0) on. Throws `ledger/rolled-back` where one is missing. */
  records(begin?: number): AsyncIterable<SourceRecord>;
}

export interface ReplayDifference {
  /** Null where it is not about one record. */
  readonly index: number | null;
  /** Then it is about the file's header, or this. */
  readonly about?: "checkpoint";
  /** In a file: where the record begins. */
  readonly offset?: number;
  readonly code: ErrorCode;
  readonly detail: string;
}
