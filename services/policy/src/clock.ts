import { type Decided, epochEnd, nextDue, type State } from "@leix/exchange";
import type { AccountId, ErrorCode } from "@leix/protocol";
import type { Ticks } from "./ports.ts";
import { type Patience, retry } from "./retry.ts";

export interface ClockOptions {
  readonly state: State;
  readonly ticks: Ticks;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Reads the ledger on: another instance may have recorded what is due here. */
  readonly catchUp: () => Promise<void>;
}

/** Sees to it that what is overdue is recorded: by a tick, which is an input like any other. */
export interface Clock {
  /**
   * Whose inputs alone are to be looked at now: the clock's, while something is due that no event or seal
   * has recorded. Undefined where everybody's are.
   */
  first(): AccountId | undefined;
  /** Milliseconds until there is something to do about time; undefined where nothing is owed by any. */
  waitMs(): number | undefined;
  /** Publishes a tick where one is needed and none is under way. Throws when aborted. */
  tick(patience: Patience): Promise<void>;
  /** What became of a round: a tick may be among it. */
  note(decided: readonly Decided[]): void;
  /** Why no tick is accepted. */
  problem(): ErrorCode | undefined;
}

/** How often the ledger is looked at for what another instance has made of the tick. */
const LOOK_AGAIN_MS = 1_000;
/**
 * A tick that nobody has handled for so long may be in a hand that has died. Everybody waits for it, so
 * another is tried long before OUT gives it back: whichever comes second finds nothing due.
 */
const TICK_LOST_MS = 5_000;
/** After a tick that was rejected: ticks are records then, and help nobody. */
const REFUSED_MS = 60_000;
/** How far a tick may run ahead to differ from the one before; the exchange permits twice as much. */
const AHEAD_SECONDS_MAX = 60;
const TIMER_MS_MAX = 2 ** 31 - 1;

/** When there is something to record: a duty that has run out, or the epoch. */
function findNext(state: State): number | undefined {
  const times = [nextDue(state), epochEnd(state)].filter((time) => time !== undefined);
  return times.length > 0 ? Math.min(...times) : undefined;
}

/**
 * A crash before the tick is published: nothing has happened; the next start finds the same due. A crash
 * after it: OUT has the tick, and delivers it to whoever takes over.
 */
export function createClock({ state, ticks, now, catchUp }: ClockOptions): Clock {
  let last = 0;
  let publishedMs: number | undefined;
  let refused: { readonly code: ErrorCode; readonly untilMs: number } | undefined;

  const msUntilDue = (): number | undefined => {
    const due = findNext(state);
    if (due === undefined || state.clockAccount === undefined) return undefined;
    if (due <= state.head.at) return 0;
    return Math.max(0, due * 1_000 - now());
  };
  const isRefused = () => refused !== undefined && now() < refused.untilMs;
  const isDue = () => msUntilDue() === 0 && !isRefused();
  const isUnderWay = () => publishedMs !== undefined && now() - publishedMs < TICK_LOST_MS;

  async function publish(clock: AccountId, patience: Patience): Promise<void> {
    const second = Math.floor(now() / 1_000);
    if (last >= second + AHEAD_SECONDS_MAX) return;
    last = Math.max(second, last + 1);
    await retry(() => ticks.publish(clock, last), patience);
    publishedMs = now();
  }

  return {
    first: () => (isDue() ? state.clockAccount : undefined),
    waitMs() {
      if (isDue()) return LOOK_AGAIN_MS;
      const ms = isRefused() ? REFUSED_MS : msUntilDue();
      return ms === undefined ? undefined : Math.min(ms, TIMER_MS_MAX);
    },
    async tick(patience) {
      if (!isDue()) return;
      await retry(catchUp, patience);
      const clock = state.clockAccount;
      if (!isDue() || clock === undefined) publishedMs = undefined;
      else if (!isUnderWay()) await publish(clock, patience);
    },
    note(decided) {
      for (const one of decided) {
        if (one.input.account !== state.clockAccount) continue;
        publishedMs = undefined;
        const isRejected = one.kind === "record" && one.entry.kind === "rejection";
        refused = isRejected ? { code: one.entry.code, untilMs: now() + REFUSED_MS } : undefined;
      }
    },
    problem: () => (isRefused() ? refused?.code : undefined),
  };
}
