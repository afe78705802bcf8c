import { type OutMessage, POSTPONED_MS_MAX } from "@leix/broker";
import type { Decided, ThrottledInput } from "@leix/exchange";
import type { AccountId } from "@leix/protocol";
import type { PolicyEvents } from "./events.ts";

/** An input that stays in OUT until its minute is over. */
export interface Postponed {
  readonly message: OutMessage;
  readonly decided: ThrottledInput;
}

/**
 * What is above an account's limit of rejections and waits, unacknowledged, for the summary of its minute.
 * Nothing rests on it: what is forgotten here, the broker delivers again; a drain that is closed gives it
 * back.
 */
export interface PostponedInputs {
  /** Sets aside what was throttled of a round; what is left is done. */
  putAside(round: readonly OutMessage[], decided: readonly Decided[]): readonly OutMessage[];
  /** What of a round is not set aside already: that was delivered again, as after a lost connection. */
  leaveOut(round: readonly OutMessage[]): readonly OutMessage[];
  /** All of one account whose minute is over; it is set aside no more. */
  takeDue(): readonly Postponed[] | undefined;
  /** Milliseconds until a minute is over; undefined where nothing waits. */
  waitMs(): number | undefined;
  /** Tells the broker in time that all of it is still in hand. */
  holdOn(): void;
}

export interface PostponedOptions {
  /** Milliseconds since 1970: the clock by which records are made. */
  readonly now: () => number;
  readonly events: Pick<PolicyEvents, "throttled">;
}

/** What waits of one account. Many accounts may have many: no round walks over all of it. */
interface Waiting {
  /** By OUT's sequence. */
  readonly inputs: Map<number, Postponed>;
  /** NumericDate: the first of them is due then. */
  readonly until: number;
}

export function createPostponedInputs({ now, events }: PostponedOptions): PostponedInputs {
  const waiting = new Map<AccountId, Waiting>();
  let saidMs = performance.now();

  const isDue = ({ until }: { readonly until: number }) => until * 1_000 <= now();

  function put(message: OutMessage, decided: ThrottledInput): void {
    const { account, sequence } = message;
    const { code, until } = decided;
    const own = waiting.get(account);
    const { inputs } = own ?? { inputs: new Map<number, Postponed>() };
    inputs.set(sequence, { message, decided });
    waiting.set(account, { inputs, until: Math.min(until, own?.until ?? until) });
    message.postpone();
    if (!own) events.throttled(account, code, until);
  }

  return {
    putAside(round, decided) {
      const throttled = new Map(
        decided.flatMap((one) => (one.kind === "throttled" ? [[one.input.sequence, one] as const] : [])),
      );
      return round.filter((message) => {
        const one = throttled.get(message.sequence);
        if (one) put(message, one);
        return !one;
      });
    },
    leaveOut(round) {
      return round.filter((message) => {
        const known = waiting.get(message.account)?.inputs.get(message.sequence);
        if (known) put(message, known.decided);
        return !known;
      });
    },
    takeDue() {
      for (const [account, { inputs, until }] of waiting) {
        if (!isDue({ until })) continue;
        waiting.delete(account);
        const due = [...inputs.values()].filter(({ decided }) => isDue(decided));
        for (const { message } of due) inputs.delete(message.sequence);
        const left = toEarliest([...inputs.values()].map(({ decided }) => decided));
        if (left !== undefined) waiting.set(account, { inputs, until: left });
        return due;
      }
      return undefined;
    },
    waitMs() {
      const until = toEarliest(waiting.values());
      return until === undefined ? undefined : Math.max(0, until * 1_000 - now());
    },
    holdOn() {
      if (performance.now() - saidMs < POSTPONED_MS_MAX) return;
      saidMs = performance.now();
      for (const { inputs } of waiting.values())
        for (const { message } of inputs.values()) message.postpone();
    },
  };
}

/** However many there are. */
function toEarliest(items: Iterable<{ readonly until: number }>): number | undefined {
  let earliest: number | undefined;
  for (const { until } of items) earliest = Math.min(until, earliest ?? until);
  return earliest;
}
