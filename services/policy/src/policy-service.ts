import type { OutDrain, OutMessage } from "@leix/broker";
import { absorbLayer, createLayer, createState, type Decided, type State, type Trust } from "@leix/exchange";
import { LeixError, type SigningKey } from "@leix/protocol";
import { untilAborted } from "@leix/runtime";
import type { Memory } from "@leix/seen-ledger";
import { type Clock, createClock } from "./clock.ts";
import { decideRound, recordDecided } from "./decide-round.ts";
import type { PolicyEvents } from "./events.ts";
import { createFollower, type Follower } from "./follower.ts";
import { findGivenUp } from "./give-up.ts";
import type { Inboxes, Ledger, Quarantine, Ticks } from "./ports.ts";
import { type Hindrance, isWorthWaiting, type Patience, retry, waitOut } from "./retry.ts";
import { createRouter, type Router } from "./router.ts";

export interface PolicyServiceOptions {
  readonly ledger: Ledger;
  /** What it has seen of the ledger, in this life and those before. */
  readonly memory: Memory;
  readonly inboxes: Inboxes;
  readonly quarantine: Quarantine;
  readonly ticks: Ticks;
  /**
   * OUT. What was delivered before without an outcome is a round of its own, so that it takes no other down
   * with it.
   */
  readonly drain: Pick<OutDrain, "add" | "next" | "close">;
  readonly trust: Trust;
  readonly key: SigningKey;
  readonly events: PolicyEvents;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** Version of the time-zone data of this process: calendar days are counted by it. */
  readonly tz: string;
  /** 16 fresh random bytes in base64url. */
  readonly createSalt: () => string;
}

/** How old what is known of the ledger may be while there is nothing to decide. */
const FOLLOW_MS = 1_000;

export interface PolicyService {
  /**
   * Folds the ledger, then decides until the signal is aborted. Where the ledger is not what it was
   * (`ledger/rolled-back`) or cannot be followed, it says so, writes nothing more, and stays to be asked.
   * Throws what else cannot be mended by going on.
   */
  run(signal: AbortSignal): Promise<void>;
  /** What keeps it from its work at the moment; empty when all is well. */
  problems(): readonly string[];
}

/**
 * The one writer of the ledger. For each batch of inputs: decide, record, route, acknowledge, in this order.
 *
 * A crash before the record: nothing has happened; OUT delivers again.
 * A crash between record and route: OUT delivers again, under the sequence that the record names; it is
 * routed from the record and nothing is decided.
 * A crash between route and acknowledgement: the same, and the inboxes refuse what they have.
 *
 * The normal path is that recovery: whatever fails, the ledger is read on and the same inputs are decided
 * again.
 */
export function createPolicyService(options: PolicyServiceOptions): PolicyService {
  const { ledger, memory, events } = options;
  const state = createState(options.trust);
  const follower = createFollower({ ledger, memory, state, onNotKept: events.forgetful });
  const routed = { load: ledger.load, begin: follower.begin };
  const router = createRouter(routed, options.inboxes, events);
  const clock = createClock({
    state,
    ticks: options.ticks,
    now: options.clock,
    catchUp: () => catchUp(parts),
  });
  const parts: Parts = { options, state, follower, router, clock };
  let isReady = false;
  let hindrance: Hindrance | undefined;
  let stopped: LeixError | undefined;

  async function decideAll(signal: AbortSignal): Promise<void> {
    const onHindered = (found: Hindrance) => {
      const isNew = found.code !== hindrance?.code;
      hindrance = found;
      if (isNew) events.hindered(found);
    };
    const patience = { signal, onHindered, assure: follower.assure };
    await retry(() => catchUp(parts), patience);
    let readMs = performance.now();
    isReady = true;
    events.started(state.head.index);
    while (!signal.aborted) {
      // Others record too: whom to drain and what falls due is known from their records alone, and an
      // instance that has no inputs of its own would never read them.
      if (performance.now() - readMs >= FOLLOW_MS) {
        await retry(() => catchUp(parts), patience);
        readMs = performance.now();
      }
      await clock.tick(patience);
      const { round, isOver } = await nextRound(options.drain, clock, signal);
      if (isOver) return;
      if (round) await process(parts, round, patience);
      hindrance = undefined;
    }
  }

  return {
    problems: () => [
      ...(stopped ? [`stopped at record ${state.head.index}: ${stopped.message}`] : []),
      ...(isReady || stopped ? [] : ["the ledger is still being folded"]),
      ...(clock.problem() ? [`no tick of the clock is taken: ${clock.problem()}`] : []),
      ...(hindrance ? [`the broker is in the way: ${hindrance.code} ${hindrance.detail}`] : []),
    ],
    async run(signal) {
      try {
        await decideAll(signal);
      } catch (error) {
        if (!isAboutLedger(error, follower)) throw error;
        stopped = error;
        events.stopped(state.head.index, error);
        // What waits here goes back to OUT, and stays there.
        await options.drain.close();
        await untilAborted(signal);
      } finally {
        await follower.settled();
      }
    },
  };
}

interface Parts {
  readonly options: PolicyServiceOptions;
  readonly state: State;
  readonly follower: Follower;
  readonly router: Router;
  readonly clock: Clock;
}

function isAboutLedger(error: unknown, { broken }: Follower): error is LeixError {
  const isBroken = broken !== undefined && error === broken;
  return isBroken || (error instanceof LeixError && error.code === "ledger/rolled-back");
}

async function catchUp({ options, state, follower }: Parts): Promise<void> {
  await follower.catchUp();
  addAccounts(options, state);
}

/**
 * The next inputs: of the clock alone while something is due, so that what ran out is recorded before
 * anything else is, also after an outage. None where it is time to look at the ledger or the clock again
 * first.
 */
async function nextRound(
  drain: PolicyServiceOptions["drain"],
  clock: Clock,
  signal: AbortSignal,
): Promise<{ readonly round?: readonly OutMessage[] | undefined; readonly isOver: boolean }> {
  const woken = new AbortController();
  const wake = () => woken.abort();
  const timer = setTimeout(wake, Math.min(clock.waitMs() ?? FOLLOW_MS, FOLLOW_MS));
  signal.addEventListener("abort", wake, { once: true });
  try {
    const round = await drain.next(woken.signal, clock.first());
    return { round, isOver: signal.aborted || (round === undefined && !woken.signal.aborted) };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", wake);
  }
}

function addAccounts(options: PolicyServiceOptions, state: State): void {
  options.drain.add(options.trust.anchorAccount);
  if (state.clockAccount) options.drain.add(state.clockAccount);
  for (const [account] of state.accounts.entries()) options.drain.add(account);
}

/** Decides and records a round, however often the head moves, then routes and acknowledges it. */
async function process(parts: Parts, round: readonly OutMessage[], patience: Patience): Promise<void> {
  const { options, state, follower, router, clock } = parts;
  const givenUp = await findGivenUp(options, state, round, patience);
  while (!patience.signal.aborted) {
    if (!(await recordOverdue(parts, round, patience))) return;
    const layer = createLayer(state);
    let decided: readonly Decided[];
    try {
      decided = await decideRound(options, state, layer, round, givenUp);
      await follower.assure();
      await recordDecided(options, state, decided);
    } catch (error) {
      await makeWay(error, parts, patience);
      if (!isBeforeGenesis(error, state)) continue;
      // The anchor's statement may be in another hand, or in a later round: this one comes again.
      for (const one of round) one.release();
      return;
    }
    absorbLayer(state, layer);
    await follower.committed(decided.flatMap((one) => (one.kind === "record" ? [one.record] : [])));
    addAccounts(options, state);
    await router.route(state, decided, patience);
    await retry(follower.assure, patience);
    for (const one of round) one.ack();
    options.events.decided(decided);
    clock.note(decided);
    return;
  }
}

/**
 * Before a round is decided that was in hand for long, as through an outage: what ran out meanwhile is
 * recorded before it. The clock's own inputs wait for nothing. False where it is over before that is done.
 */
async function recordOverdue(
  parts: Parts,
  round: readonly OutMessage[],
  patience: Patience,
): Promise<boolean> {
  const { options, state, clock } = parts;
  if (round.some(({ account }) => account === state.clockAccount)) return true;
  while (clock.first() !== undefined) {
    await clock.tick(patience);
    if (clock.first() === undefined) break;
    const ticks = await nextRound(options.drain, clock, patience.signal);
    if (ticks.isOver) return false;
    if (ticks.round) await process(parts, ticks.round, patience);
  }
  return true;
}

/** Nothing can be recorded before the anchor's first statement, and the ledger has none yet. */
function isBeforeGenesis(error: unknown, state: State): boolean {
  return error instanceof LeixError && error.code === "statement/not-genesis" && state.head.index === 0;
}

/**
 * After a batch that was not recorded, or perhaps was: reads on. What the ledger has by then is found there
 * as a repeat. Throws what cannot be mended so.
 */
async function makeWay(error: unknown, parts: Parts, patience: Patience): Promise<void> {
  if (error instanceof LeixError && error.code === "broker/head-moved") {
    parts.options.events.raced(parts.state.head.index, error.code);
  } else if (isWorthWaiting(error)) await waitOut(error, patience);
  else throw error;
  await retry(() => catchUp(parts), patience);
}
