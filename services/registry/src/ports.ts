import type { AccountId } from "@leix/protocol";
import type { LedgerSource } from "@leix/seen-ledger";

/** The ledger, as a follower needs it. */
export interface Ledger extends LedgerSource {
  /**
   * Every record from an index on, once, in order, for as long as the signal lasts; a broker that is away is
   * waited for. `onConnection` comes at the start and whenever the connection was made anew, before anything
   * further. Throws what that throws, and `ledger/rolled-back` where what was given is no longer there.
   */
  follow(from: number, signal: AbortSignal, onConnection: () => Promise<unknown>): AsyncIterable<Uint8Array>;
}

/** What the broker knows of parties. Every call may be repeated; none is retried here. */
export interface Accounts {
  /** Makes the two consumers of an account where they are missing. */
  ensureConsumers(account: AccountId): Promise<void>;
  /** The same for the one consumer of the exchange's own clock. */
  ensureClockConsumer(account: AccountId): Promise<void>;
  /** Removes all that waits in an account's inbox; returns how much that was. */
  removeWaiting(account: AccountId): Promise<number>;
  /** The account JWT that the broker has; null where it has none. */
  lookup(account: AccountId): Promise<string | null>;
  /** Gives the broker an account JWT; applied on return. */
  push(jwt: string): Promise<void>;
}
