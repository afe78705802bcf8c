import { type OutMessage, POSTPONED_MS_MAX } from "@leix/broker";
import type { Decided, ThrottledInput } from "@leix/exchange";
import type { PolicyEvents } from "./events.ts";

/** An input that stays in OUT until its minute is over. */
export interface Postponed {
  readonly message: OutMessage;
  readonly decided: ThrottledInput;
}

/**
 * What is above an account's limit of rejections and waits, unacknowledged, for the summary of its minute.
 * Nothing
 * rests on it: what is forgotten here, the broker delivers again; a drain that is closed gives it back.
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

export function createPostponedInputs({ now, events }: PostponedOptions): PostponedInputs {
  /** By OUT's sequence. */
  const waiting = new Map<number, Postponed>();
  let saidMs = performance.now();

  const isDue = ({ decided }: Postponed) => decided.until * 1_000 <= now();

  function put(message: OutMessage, decided: ThrottledInput): void {
    const { account } = message;
    const isFirst = [...waiting.values()].every((one) => one.message.account !== account);
    waiting.set(message.sequence, { message, decided });
    message.postpone();
    if (isFirst) events.throttled(account, decided.code, decided.until);
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
        const known = waiting.get(message.sequence);
        if (known) put(message, known.decided);
        return !known;
      });
    },
    takeDue() {
      const first = [...waiting.values()].find(isDue);
      if (!first) return undefined;
      const { account } = first.message;
      const due = [...waiting.values()].filter((one) => one.message.account === account && isDue(one));
      for (const { message } of due) waiting.delete(message.sequence);
      return due;
    },
    waitMs() {
      if (waiting.size === 0) return undefined;
      const until = Math.min(...[...waiting.values()].map(({ decided }) => decided.until));
      return Math.max(0, until * 1_000 - now());
    },
    holdOn() {
      if (performance.now() - saidMs < POSTPONED_MS_MAX) return;
      saidMs = performance.now();
      for (const { message } of waiting.values()) message.postpone();
    },
  };
}
