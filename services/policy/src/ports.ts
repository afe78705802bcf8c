import type { Delivery } from "@leix/exchange";
import type { AccountId, Digest } from "@leix/protocol";
import type { LedgerSource } from "@leix/seen-ledger";

/** One record to append. The subject is its identity, which the ledger takes once. */
export interface LedgerAppend {
  readonly subject: string;
  readonly record: Uint8Array<ArrayBuffer>;
}

/** The ledger, as its one writer needs it. What was read or appended before can be loaded again. */
export interface Ledger extends LedgerSource {
  /** Another one after the connection was made anew: the broker behind it may have lost something. */
  connection(): AbortSignal;
  /** The records from `index` to the end as it is now, in order. A gap throws `ledger/rolled-back`. */
  read(index: number): AsyncIterable<Uint8Array>;
  /** The index of the record under a subject; undefined where there is none. */
  find(subject: string): Promise<number | undefined>;
  /**
   * Appends all or none, only where exactly `head` records stand before; durable on return. Throws
   * `broker/head-moved` and `broker/subject-used` (nothing happened), and `broker/not-acknowledged` (it may
   * have happened: read on and see). Never retries.
   */
  append(records: readonly LedgerAppend[], head: number): Promise<void>;
}

/** The inboxes of all parties. */
export interface Inboxes {
  /**
   * Lays all or none into the inboxes; durable on return. Throws `broker/subject-used` where any is there
   * already, and `broker/not-acknowledged` where it may have happened. Never retries.
   */
  deliver(deliveries: readonly Delivery[]): Promise<void>;
}

/** OUT, as the clock needs it. */
export interface Ticks {
  /**
   * Lays a tick into OUT, under the clock's own account; durable on return. Throws `broker/not-acknowledged`
   * where it may be there now, `broker/refused`. Never retries.
   */
  publish(clock: AccountId, seconds: number): Promise<void>;
}

/** Where an input that could not be processed, or may be such a one, is kept for an operator. */
export interface Quarantine {
  /**
   * Durable on return. False where it was kept before. Throws `broker/not-acknowledged` where it may be kept
   * now.
   */
  keep(account: AccountId, digest: Digest, bytes: Uint8Array): Promise<boolean>;
}
