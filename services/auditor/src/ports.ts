import type { Digest } from "@leix/protocol";

/** The ledger, as its auditor needs it. */
export interface Ledger {
  /** How many records there are. Throws `broker/no-answer`: ask again. */
  count(): Promise<number>;
  /**
   * Every record once, in order, for as long as the signal lasts; a broker that is away is waited for. Throws
   * `ledger/rolled-back` where what was given is no longer there.
   */
  follow(signal: AbortSignal): AsyncIterable<Uint8Array>;
}

/** How far the ledger was seen: it may grow from there, and never be shorter or another one. */
export interface Seen {
  readonly records: number;
  /** Of the last of them: digest of the signing input of its decision. */
  readonly digest: Digest;
}

/** What an auditor remembers when it starts again. */
export interface Memory {
  /** Undefined where nothing was kept. Throws `config/invalid` where what was kept cannot be read. */
  load(): Promise<Seen | undefined>;
  /** Durable on return. */
  save(seen: Seen): Promise<void>;
}
