import { type AccountId, type LeixError, limits, STREAMS } from "@leix/protocol";
import type { NatsConnection } from "@nats-io/transport-node";
import { watchConnection } from "./connection-watch.ts";
import type { Delivery } from "./delivery.ts";
import { DeliveryLane, type LaneLimits } from "./delivery-lane.ts";
import { Doorbell } from "./doorbell.ts";
import { toInboxPrefix } from "./inbox-prefix.ts";

/** What an account sent. */
export interface OutMessage extends Delivery {
  readonly account: AccountId;
}

export interface OutDrainOptions {
  /** At most so many of one account in a round. */
  readonly perAccountMax?: number;
  /** At most so many in a round. */
  readonly roundMax?: number;
  /** Held here at once, waiting or handed out, over all accounts; each has an equal share. */
  readonly heldMessagesMax?: number;
  readonly heldBytesMax?: number;
}

/** OUT, drained fairly. `await using` gives back what was not taken. */
export interface OutDrain extends AsyncDisposable {
  /** Starts draining an account; one that is drained already is left as it is. */
  add(account: AccountId): void;
  /** Stops draining an account. What it has waiting stays in OUT. */
  remove(account: AccountId): void;
  /**
   * The next round: at least one message, as soon as there is any; undefined when the signal is aborted or the drain
   * is closed. Every account with something waiting is served before any is served again. A message that was
   * delivered before is a round of its own, and rounds of new messages come in between.
   * Throws broker/refused when the user has no right to pull.
   */
  next(signal: AbortSignal): Promise<readonly OutMessage[] | undefined>;
  close(): void;
}

const DEFAULTS = {
  perAccountMax: 16,
  roundMax: 256,
  heldMessagesMax: 2_048,
  heldBytesMax: 256 * 1_048_576,
} as const;

/** One account's share stays useful however many accounts there are, and moderate however few. */
const SHARE_MESSAGES = { min: 16, max: 512 } as const;
const SHARE_BYTES_MAX = 64 * 1_048_576;

/** Needs the role `policy`. A broker that is away is waited for; what it did not hear acknowledged comes again. */
export function openOutDrain(nc: NatsConnection, options: OutDrainOptions = {}): OutDrain {
  return new RoundRobinDrain(nc, { ...DEFAULTS, ...options });
}

class RoundRobinDrain implements OutDrain {
  readonly #nc: NatsConnection;
  readonly #options: Required<OutDrainOptions>;
  /** In the order in which they are served next: who was served goes to the end. */
  #lanes = new Map<AccountId, DeliveryLane>();
  #previousWasAlone = false;
  #failure: LeixError | undefined;
  readonly #bell = new Doorbell();
  #closed = false;
  readonly #watch: ReturnType<typeof watchConnection>;

  constructor(nc: NatsConnection, options: Required<OutDrainOptions>) {
    this.#nc = nc;
    this.#options = options;
    this.#watch = watchConnection(nc, () => this.#reconnected());
  }

  add(account: AccountId): void {
    if (this.#closed || this.#lanes.has(account)) return;
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
    this.#lanes.set(account, lane);
  }

  remove(account: AccountId): void {
    this.#lanes.get(account)?.close();
    this.#lanes.delete(account);
  }

  async next(signal: AbortSignal): Promise<readonly OutMessage[] | undefined> {
    while (!signal.aborted && !this.#closed) {
      if (this.#failure !== undefined) throw this.#failure;
      const round = this.#composeRound();
      if (round.length > 0) return round;
      await this.#bell.wait({ signal });
    }
    return undefined;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#watch.close();
    for (const lane of this.#lanes.values()) lane.close();
    this.#bell.ring();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    if (!this.#nc.isClosed()) await this.#nc.flush();
  }

  #composeRound(): OutMessage[] {
    const waiting = [...this.#lanes].filter(([, lane]) => lane.peek() !== undefined);
    const again = waiting.filter(([, lane]) => isAgain(lane.peek()));
    const fresh = waiting.filter(([, lane]) => !isAgain(lane.peek()));
    const [alone] = again;
    if (alone !== undefined && (fresh.length === 0 || !this.#previousWasAlone)) {
      this.#previousWasAlone = true;
      return this.#takeFrom(alone, 1, (delivery) => delivery !== undefined);
    }
    this.#previousWasAlone = false;
    const round: OutMessage[] = [];
    let bytes = 0;
    for (const entry of fresh) {
      const room = Math.min(this.#options.perAccountMax, this.#options.roundMax - round.length);
      if (room === 0 || bytes >= limits.SHARED_BATCH_BYTES_MAX) break;
      const taken = this.#takeFrom(entry, room, (delivery) => delivery !== undefined && !isAgain(delivery));
      bytes += taken.reduce((sum, message) => sum + message.data.length, 0);
      round.push(...taken);
    }
    return round;
  }

  #takeFrom(
    [account, lane]: readonly [AccountId, DeliveryLane],
    max: number,
    isWanted: (delivery: Delivery | undefined) => boolean,
  ): OutMessage[] {
    const taken: OutMessage[] = [];
    while (taken.length < max && isWanted(lane.peek())) {
      const delivery = lane.take();
      if (delivery !== undefined) taken.push({ ...delivery, account });
    }
    this.#lanes.delete(account);
    this.#lanes.set(account, lane);
    return taken;
  }

  #share(): LaneLimits {
    const { heldMessagesMax, heldBytesMax } = this.#options;
    const lanes = Math.max(1, this.#lanes.size);
    const messages = Math.floor(heldMessagesMax / lanes);
    return {
      messagesMax: Math.min(SHARE_MESSAGES.max, Math.max(SHARE_MESSAGES.min, messages)),
      bytesMax: Math.min(SHARE_BYTES_MAX, Math.floor(heldBytesMax / lanes)),
    };
  }

  #reconnected(): void {
    if (this.#nc.isClosed()) this.close();
    else for (const lane of this.#lanes.values()) lane.reset();
  }
}

function isAgain(delivery: Delivery | undefined): boolean {
  return delivery !== undefined && delivery.deliveries > 1;
}
