import type { AccountId } from "@leix/protocol";

/** The ledger, as a follower needs it. */
export interface Ledger {
  /** How many records there are. Throws `broker/no-answer`. */
  count(): Promise<number>;
  /**
   * Every record once, in order, for as long as the signal lasts; a broker that is away is waited for. Throws
   * `ledger/rolled-back` where what was given is no longer there.
   */
  follow(signal: AbortSignal): AsyncIterable<Uint8Array>;
}

/** What the broker knows of parties. Every call may be repeated; none is retried here. */
export interface Accounts {
  /** Makes the two consumers of an account where they are missing. */
  ensureConsumers(account: AccountId): Promise<void>;
  /** The same for the one consumer of the exchange's own clock. */
  ensureClockConsumer(account: AccountId): Promise<void>;
  /** The account JWT that the broker has; null where it has none. */
  lookup(account: AccountId): Promise<string | null>;
  /** Gives the broker an account JWT; applied on return. */
  push(jwt: string): Promise<void>;
}
