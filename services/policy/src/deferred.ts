import { type OutMessage, POSTPONED_MS_MAX } from "@leix/broker";
import type { Decided } from "@leix/exchange";
import { type AccountId, limits } from "@leix/protocol";
import type { PolicyEvents } from "./events.ts";

/**
 * What waits, unacknowledged, because its account has had as many refusals as a minute may have: a message
 * that would be denied, and whatever its account sent after that. Nothing rests on it: what is forgotten
 * here, the broker delivers again; a drain that is closed gives it back.
 */
export interface DeferredInputs {
  /** Sets aside what was deferred of a round; what is left is done. */
  putAside(round: readonly OutMessage[], decided: readonly Decided[]): readonly OutMessage[];
  /** Sets aside, before anything is decided, what its account has to wait for until then (NumericDate). */
  put(message: OutMessage, until: number): void;
  /** What of a round can be decided: it is set aside where anything waits that its account sent before. */
  leaveOut(round: readonly OutMessage[]): readonly OutMessage[];
  /**
   * The next of every account whose minute is over, in the order in which it sent them, as a round; it is set
   * aside no more. Few at once: whoever else sends waits for the round under way.
   */
  takeDue(): readonly OutMessage[];
  /** Milliseconds until there is something to decide; undefined where nothing waits. */
  waitMs(): number | undefined;
  /** Tells the broker in time that all of it is still in hand. */
  holdOn(): void;
}

export interface DeferredOptions {
  /** Milliseconds since 1970: the clock by which records are made. */
  readonly now: () => number;
  readonly events: Pick<PolicyEvents, "deferred">;
}

/** Of one account in a round: as many as of any account beside one that sends little. */
const AT_ONCE = 2;
/** The same where nobody else has sent anything for a while. */
const AT_ONCE_ALONE = 16;
const ALONE_MS = 1_000;

/** What was delivered before may be what killed its reader: it is a round of its own. */
function isAgain({ deliveries }: OutMessage): boolean {
  return deliveries > 1;
}

function listNext({ messages }: Held, max: number): readonly OutMessage[] {
  const inOrder = [...messages.values()].toSorted((a, b) => a.sequence - b.sequence);
  const again = inOrder.findIndex(isAgain);
  return inOrder.slice(0, again < 0 ? max : Math.min(max, Math.max(1, again)));
}

function countBytes(round: readonly OutMessage[]): number {
  return round.reduce((sum, { data }) => sum + data.length, 0);
}

/** Of some. */
function toEarliest(all: Iterable<Held>): number {
  let earliest = Number.POSITIVE_INFINITY;
  for (const { until } of all) earliest = Math.min(earliest, until);
  return earliest;
}

interface Held {
  readonly until: number;
  /** By OUT's sequence. */
  readonly messages: Map<number, OutMessage>;
}

/** By OUT's sequence, NumericDate. */
function toUntils(decided: readonly Decided[]): ReadonlyMap<number, number> {
  const deferred = decided.filter((one) => one.kind === "deferred");
  return new Map(deferred.map(({ input, until }) => [input.sequence, until]));
}

export function createDeferredInputs({ now, events }: DeferredOptions): DeferredInputs {
  const held = new Map<AccountId, Held>();
  let saidMs = performance.now();
  let othersMs = Number.NEGATIVE_INFINITY;

  const isDue = ({ until }: Held) => until * 1_000 <= now();

  function put(message: OutMessage, until: number): void {
    const { account, sequence } = message;
    const before = held.get(account);
    const messages = before?.messages ?? new Map<number, OutMessage>();
    messages.set(sequence, message);
    message.postpone();
    if (before?.until !== until) {
      held.set(account, { until, messages });
      events.deferred(account, until);
    }
  }

  /** What was taken from goes to the end of the line. */
  function take(account: AccountId, { until, messages }: Held, wanted: readonly OutMessage[]): void {
    for (const { sequence } of wanted) messages.delete(sequence);
    held.delete(account);
    if (messages.size > 0) held.set(account, { until, messages });
  }

  return {
    put,
    putAside(round, decided) {
      const untils = toUntils(decided);
      return round.filter((message) => {
        const until = untils.get(message.sequence);
        if (until !== undefined) put(message, until);
        return until === undefined;
      });
    },
    leaveOut(round) {
      const left = round.filter((message) => {
        const before = held.get(message.account);
        if (before) put(message, before.until);
        return !before;
      });
      if (left.length > 0) othersMs = performance.now();
      return left;
    },
    takeDue() {
      const max = performance.now() - othersMs < ALONE_MS ? AT_ONCE : AT_ONCE_ALONE;
      const round: OutMessage[] = [];
      for (const [account, one] of [...held].filter(([, each]) => isDue(each))) {
        if (countBytes(round) >= limits.SHARED_BATCH_BYTES_MAX) break;
        const next = listNext(one, max);
        const isAlone = next.some(isAgain);
        if (isAlone && round.length > 0) continue;
        take(account, one, next);
        round.push(...next);
        if (isAlone) break;
      }
      return round;
    },
    waitMs() {
      if (held.size === 0) return undefined;
      return Math.max(0, toEarliest(held.values()) * 1_000 - now());
    },
    holdOn() {
      if (performance.now() - saidMs < POSTPONED_MS_MAX) return;
      saidMs = performance.now();
      for (const { messages } of held.values()) for (const one of messages.values()) one.postpone();
    },
  };
}
