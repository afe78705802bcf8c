import { type AccountId, limits } from "@leix/protocol";
import type { Delivery } from "./delivery.ts";

/** What an account sent. */
export interface OutMessage extends Delivery {
  readonly account: AccountId;
}

/** What of one account is waiting, in order. */
export interface Lane {
  /** The next one, without taking it. */
  peek(): Delivery | undefined;
  take(): Delivery | undefined;
}

export interface RoundLimits {
  /** At most so many of one account in a round. */
  readonly perAccountMax: number;
  /** At most so many in a round. */
  readonly roundMax: number;
}

/**
 * Composes rounds from what is waiting. Who was served goes to the end of the line, so every account with
 * something waiting is served before any is served again. A message that was delivered before may be what
 * killed its reader: it is a round of its own, and no two such rounds come together while anything else is
 * waiting.
 */
export class RoundRobin<L extends Lane> {
  readonly #limits: RoundLimits;
  /** In the order in which they are served next. */
  readonly #line = new Map<AccountId, L>();
  #previousWasAlone = false;

  constructor(roundLimits: RoundLimits) {
    this.#limits = roundLimits;
  }

  get size(): number {
    return this.#line.size;
  }

  has(account: AccountId): boolean {
    return this.#line.has(account);
  }

  add(account: AccountId, lane: L): void {
    this.#line.set(account, lane);
  }

  /** Returns the lane, if there was one. */
  remove(account: AccountId): L | undefined {
    const lane = this.#line.get(account);
    this.#line.delete(account);
    return lane;
  }

  lanes(): L[] {
    return [...this.#line.values()];
  }

  /** Takes the next round, of one account where it is named; empty when nothing is waiting. */
  compose(only?: AccountId): OutMessage[] {
    const waiting = [...this.#line].filter(([account, lane]) => {
      return lane.peek() !== undefined && (only === undefined || account === only);
    });
    const again = waiting.filter(([, lane]) => isAgain(lane.peek()));
    const [alone] = again;
    if (alone !== undefined && (again.length === waiting.length || !this.#previousWasAlone)) {
      this.#previousWasAlone = true;
      return this.#serve(alone, 1, () => true);
    }
    this.#previousWasAlone = false;
    const round: OutMessage[] = [];
    let bytes = 0;
    for (const entry of waiting) {
      const room = Math.min(this.#limits.perAccountMax, this.#limits.roundMax - round.length);
      if (room === 0 || bytes >= limits.SHARED_BATCH_BYTES_MAX) break;
      if (isAgain(entry[1].peek())) continue;
      const served = this.#serve(entry, room, (delivery) => !isAgain(delivery));
      bytes += served.reduce((sum, message) => sum + message.data.length, 0);
      round.push(...served);
    }
    return round;
  }

  #serve([account, lane]: [AccountId, L], max: number, isWanted: (one: Delivery) => boolean): OutMessage[] {
    const served: OutMessage[] = [];
    for (let next = lane.peek(); next && served.length < max && isWanted(next); next = lane.peek()) {
      lane.take();
      served.push({ ...next, account });
    }
    this.#line.delete(account);
    this.#line.set(account, lane);
    return served;
  }
}

function isAgain(delivery: Delivery | undefined): boolean {
  return delivery !== undefined && delivery.deliveries > 1;
}
