import { type AccountId, type LeixError, STREAMS } from "@leix/protocol";
import type { NatsConnection } from "@nats-io/transport-node";
import { type ConnectionWatch, watchConnection } from "./connection-watch.ts";
import { DeliveryLane, type LaneLimits } from "./delivery-lane.ts";
import { Doorbell } from "./doorbell.ts";
import { toInboxPrefix } from "./inbox-prefix.ts";
import { type OutMessage, RoundRobin } from "./round-robin.ts";

export interface OutDrainOptions {
  /** At most so many of one account in a round. */
  readonly perAccountMax?: number;
  /** At most so many of one account in a round while another, which sends little, is about. */
  readonly besideOthersMax?: number;
  /** At most so many in a round. */
  readonly roundMax?: number;
  /** Held here at once, waiting or handed out, over all accounts; each has an equal share. */
  readonly heldMessagesMax?: number;
  readonly heldBytesMax?: number;
}

/** OUT, drained fairly. For one reader. `await using` gives back what was not taken. */
export interface OutDrain extends AsyncDisposable {
  /** Starts draining an account; one that is drained already is left as it is. */
  add(account: AccountId): void;
  /** Stops draining an account. What it has waiting stays in OUT. */
  remove(account: AccountId): void;
  /**
   * The next round: at least one message, as soon as there is any; undefined when the signal is aborted or
   * the drain is closed. Every account with something waiting is served before any is served again. A message
   * that was delivered before is a round of its own, and rounds of new messages come in between. Throws
   * broker/refused when the user has no right to pull. With `only`, of that account alone; the others keep
   * their places in the line.
   */
  next(signal: AbortSignal, only?: AccountId): Promise<readonly OutMessage[] | undefined>;
  /** Resolves when the broker has been told of what was not taken. */
  close(): Promise<void>;
}

const DEFAULTS = {
  perAccountMax: 16,
  besideOthersMax: 2,
  roundMax: 256,
  heldMessagesMax: 2_048,
  heldBytesMax: 256 * 1_048_576,
} as const;

/** One account's share stays useful however many accounts there are, and moderate however few. */
const SHARE_MESSAGES = { min: 16, max: 512 } as const;
const SHARE_BYTES_MAX = 64 * 1_048_576;

/**
 * Needs the role `policy`. A broker that is away is waited for; what it did not hear acknowledged comes
 * again.
 */
export function openOutDrain(nc: NatsConnection, options: OutDrainOptions = {}): OutDrain {
  return new FairDrain(nc, { ...DEFAULTS, ...options });
}

class FairDrain implements OutDrain {
  readonly #nc: NatsConnection;
  readonly #options: Required<OutDrainOptions>;
  readonly #rounds: RoundRobin<DeliveryLane>;
  readonly #bell = new Doorbell();
  readonly #watch: ConnectionWatch;
  #failure: LeixError | undefined;
  #closed = false;

  constructor(nc: NatsConnection, options: Required<OutDrainOptions>) {
    this.#nc = nc;
    this.#options = options;
    this.#rounds = new RoundRobin(options);
    this.#watch = watchConnection(nc, () => this.#reconnected());
  }

  add(account: AccountId): void {
    if (this.#closed || this.#rounds.has(account)) return;
    const lane = new DeliveryLane(this.#nc, {
      stream: STREAMS.out,
      consumer: account,
      inboxPrefix: toInboxPrefix(this.#nc),
      limits: () => this.#share(),
      onArrival: this.#bell.ring,
      onFailure: (error) => {
        this.#failure = error;
        this.#bell.ring();
      },
    });
    this.#rounds.add(account, lane);
  }

  remove(account: AccountId): void {
    void this.#rounds.remove(account)?.close();
  }

  async next(signal: AbortSignal, only?: AccountId): Promise<readonly OutMessage[] | undefined> {
    while (!signal.aborted && !this.#closed) {
      if (this.#failure !== undefined) throw this.#failure;
      const round = this.#rounds.compose(only);
      if (round.length > 0) return round;
      await this.#bell.wait({ signal });
    }
    return undefined;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#watch.close();
    this.#bell.ring();
    await Promise.all(this.#rounds.lanes().map((lane) => lane.close()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #share(): LaneLimits {
    const { heldMessagesMax, heldBytesMax } = this.#options;
    const lanes = Math.max(1, this.#rounds.size);
    const messages = Math.floor(heldMessagesMax / lanes);
    return {
      messagesMax: Math.min(SHARE_MESSAGES.max, Math.max(SHARE_MESSAGES.min, messages)),
      bytesMax: Math.min(SHARE_BYTES_MAX, Math.floor(heldBytesMax / lanes)),
    };
  }

  #reconnected(): void {
    if (this.#nc.isClosed()) void this.close();
    else for (const lane of this.#rounds.lanes()) lane.reset();
  }
}
