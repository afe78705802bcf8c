import type { Arrival } from "./store/inbox.ts";

/** One delivery from the agency's inbox at the broker. */
export interface InboxDelivery extends Arrival {
  /** Tells the broker to forget its copy. Where that is lost, it is delivered again. */
  acknowledge(): void;
}

/** The exchange, as far as one agency can reach it through its broker. */
export interface Post {
  /**
   * Hands an envelope over; durable with the exchange on return. Throws `broker/not-acknowledged` (it may or
   * may not have arrived), `broker/backlog-full`, `broker/unreachable`, `broker/refused`. Sending it again is
   * harmless.
   */
  send(envelope: Uint8Array): Promise<void>;
  /** What waits in the inbox and what comes in, a few at a time, until the signal is aborted. */
  receive(signal: AbortSignal): AsyncIterable<readonly InboxDelivery[]>;
  /**
   * The next membership records of the ledger after those up to `count` (the index of the last known one,
   * plus one), in order, as many as one answer holds; empty at the end. Nobody has to be believed: the
   * records prove themselves. Throws `broker/no-answer`, `broker/unreachable`.
   */
  listRules(count: number): Promise<readonly Uint8Array[]>;
  /**
   * Asks the ledger service a question of protocol.md section 13, "The log". Throws `broker/no-answer`,
   * `broker/unreachable`.
   */
  askLog(question: Uint8Array): Promise<Uint8Array>;
}
