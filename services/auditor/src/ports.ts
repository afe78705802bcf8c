import type { LedgerSource } from "@leix/seen-ledger";

/** The ledger, as its auditor needs it. */
export interface Ledger extends LedgerSource {
  /**
   * Every record from an index on, once, in order, for as long as the signal lasts; a broker that is away is
   * waited for. `onConnection` comes at the start and whenever the connection was made anew, before anything
   * further. Throws what that throws, and `ledger/rolled-back` where what was given is no longer there.
   */
  follow(from: number, signal: AbortSignal, onConnection: () => Promise<unknown>): AsyncIterable<Uint8Array>;
}
