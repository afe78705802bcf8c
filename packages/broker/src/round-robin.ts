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
  /** At most so many of one account while another, which sends little, is about. */
  readonly besideOthersMax?: number;
  /** Milliseconds, of a clock that only goes forward. */
  readonly clock?: () => number;
}

/** For so long after its last message an account that had no more is about. */
const ABOUT_MS = 1_000;

/**
 * Composes rounds from what is waiting. Who was served goes to the end of the line, so every account with
 * something waiting is served before any is served again. Whoever comes waits for the round that is under
 * way: rounds are short while anyone is about who has no more waiting than a round takes. A message that was
 * delivered before may be what killed its reader: it is a round of its own, and no two such rounds come
 * together while anything else is waiting.
 */
export class RoundRobin<L extends Lane> {
  readonly #limits: RoundLimits;
  /** In the order in which they are served next. */
  readonly #line = new Map<AccountId, L>();
  /** When each account was served last, and whether that was all that it had. */
  readonly #served = new Map<AccountId, { readonly atMs: number; readonly wasAll: boolean }>();
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
    this.#served.delete(account);
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
    const light = this.#listLight(waiting.map(([account]) => account));
    for (const entry of waiting) {
      const isBeside = light.size > (light.has(entry[0]) ? 1 : 0);
      const { perAccountMax, besideOthersMax = perAccountMax } = this.#limits;
      const share = isBeside ? besideOthersMax : perAccountMax;
      const room = Math.min(share, this.#limits.roundMax - round.length);
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
    this.#served.set(account, { atMs: this.#now(), wasAll: lane.peek() === undefined });
    return served;
  }

  /** Who was given all that it had a moment ago, and who waits now and was not served since. */
  #listLight(waiting: readonly AccountId[]): ReadonlySet<AccountId> {
    const sinceMs = this.#now() - ABOUT_MS;
    const recent = [...this.#served].filter(([, { atMs }]) => atMs >= sinceMs);
    const served = new Set(recent.map(([account]) => account));
    const emptied = recent.filter(([, { wasAll }]) => wasAll).map(([account]) => account);
    return new Set([...emptied, ...waiting.filter((account) => !served.has(account))]);
  }

  #now(): number {
    return (this.#limits.clock ?? performance.now.bind(performance))();
  }
}

function isAgain(delivery: Delivery | undefined): boolean {
  return delivery !== undefined && delivery.deliveries > 1;
}
