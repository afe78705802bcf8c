import type { OutMessage } from "@leix/broker";
import { absorbLayer, createLayer, type Decided, findDeferral, type State } from "@leix/exchange";
import { LeixError, limits } from "@leix/protocol";
import type { Clock } from "./clock.ts";
import { decideRound, decideTogether, findForgotten, type Recorded, recordDecided } from "./decide-round.ts";
import type { DeferredInputs } from "./deferred.ts";
import type { Follower } from "./follower.ts";
import { findGivenUp } from "./give-up.ts";
import type { PolicyServiceOptions } from "./policy-service.ts";
import type { Postponed, PostponedInputs } from "./postponed.ts";
import { isWorthWaiting, type Patience, retry, waitOut } from "./retry.ts";
import type { Router } from "./router.ts";

export interface Parts {
  readonly options: PolicyServiceOptions;
  readonly state: State;
  readonly follower: Follower;
  readonly router: Router;
  readonly clock: Clock;
  readonly postponed: PostponedInputs;
  readonly deferred: DeferredInputs;
}

/** How old what is known of the ledger may be while there is nothing to decide. */
export const FOLLOW_MS = 1_000;
/** Of what waited and no summary has, so much is decided at once. */
const ANEW_MAX = 64;

export async function catchUp({ options, state, follower }: Parts): Promise<void> {
  await follower.catchUp();
  addAccounts(options, state);
}

/**
 * The next inputs: of the clock alone while something is due, so that what ran out is recorded before
 * anything else is, also after an outage. None where it is time to look at the ledger or the clock again
 * first.
 */
export async function nextRound(
  { options, clock, postponed, deferred }: Parts,
  signal: AbortSignal,
): Promise<{ readonly round?: readonly OutMessage[] | undefined; readonly isOver: boolean }> {
  const woken = new AbortController();
  const wake = () => woken.abort();
  const waits = [clock.waitMs(), postponed.waitMs(), deferred.waitMs()].map((ms) => ms ?? FOLLOW_MS);
  const timer = setTimeout(wake, Math.min(...waits, FOLLOW_MS));
  signal.addEventListener("abort", wake, { once: true });
  try {
    const round = await options.drain.next(woken.signal, clock.first());
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

/** What nothing before it waits for is decided; what is throttled or deferred stays in OUT. */
export async function process(
  parts: Parts,
  delivered: readonly OutMessage[],
  patience: Patience,
): Promise<void> {
  const { postponed, deferred } = parts;
  await processNow(parts, deferred.leaveOut(postponed.leaveOut(delivered)), patience);
}

/** Goes on with what waited because it would have been denied, or came after that. */
export async function processDeferred(parts: Parts, patience: Patience): Promise<void> {
  parts.deferred.holdOn();
  await processNow(parts, parts.deferred.takeDue(), patience);
}

/** Decides and records a round, however often the head moves, then routes and acknowledges it. */
async function processNow(parts: Parts, delivered: readonly OutMessage[], patience: Patience): Promise<void> {
  const { options, state, clock, postponed, deferred } = parts;
  const round = deferSuspects(parts, delivered);
  if (round.length === 0) return;
  const givenUp = await findGivenUp(options, state, round, patience);
  const decided = await commit(parts, round, patience, (layer, recorded) => {
    return decideRound(options, state, layer, round, givenUp, recorded);
  });
  if (!decided) return;
  for (const one of deferred.putAside(postponed.putAside(round, decided), decided)) one.ack();
  clock.note(decided);
}

/**
 * An input is given up after trials in vain, and to have waited is none: where it might have to wait, one
 * that would be suspected is not tried at all.
 */
function deferSuspects({ options, state, deferred }: Parts, round: readonly OutMessage[]): OutMessage[] {
  return round.filter((message) => {
    if (message.deliveries < limits.DELIVERIES_MAX - 1) return true;
    const until = findDeferral(state, message.account, Math.floor(options.clock() / 1_000));
    if (until !== undefined) deferred.put(message, until);
    return until === undefined;
  });
}

/**
 * Rejects together what waited until the minute of its account was over. What the summary does not have, or
 * where another instance has recorded one, is decided anew: it may have to wait once more.
 */
export async function closeMinutes(parts: Parts, patience: Patience): Promise<void> {
  const { options, postponed } = parts;
  postponed.holdOn();
  for (let due = postponed.takeDue(); due && !patience.signal.aborted; due = postponed.takeDue()) {
    const waiting: readonly Postponed[] = due;
    const round = waiting.map(({ message }) => message);
    const together = await commit(parts, round, patience, (layer) => decideTogether(options, layer, waiting));
    if (!together) return;
    const sequences = new Set(together.flatMap(listSequences));
    for (const { message } of waiting) if (sequences.has(message.sequence)) message.ack();
    const rest = round.filter(({ sequence }) => !sequences.has(sequence));
    for (let i = 0; i < rest.length; i += ANEW_MAX)
      await process(parts, rest.slice(i, i + ANEW_MAX), patience);
  }
}

function listSequences(one: Decided): number[] {
  const isFlood = one.kind === "record" && one.entry.kind === "flood";
  return isFlood ? one.entry.inputs.map(({ sequence }) => sequence) : [];
}

/**
 * Decides, records and routes. Undefined where nothing came of it: the inputs stay in OUT, or went back
 * there.
 */
async function commit(
  parts: Parts,
  round: readonly OutMessage[],
  patience: Patience,
  decide: (layer: State, recorded: Recorded) => Promise<readonly Decided[]>,
): Promise<readonly Decided[] | undefined> {
  const { options, state, follower, router } = parts;
  let recorded: Recorded = new Map();
  while (!patience.signal.aborted) {
    if (!(await recordOverdue(parts, round, patience))) return undefined;
    const layer = createLayer(state);
    let decided: readonly Decided[] = [];
    try {
      decided = await decide(layer, recorded);
      await follower.assure();
      await recordDecided(options, state, decided);
    } catch (error) {
      const forgotten = isSubjectUsed(error) ? await findForgotten(options, decided, patience) : new Map();
      recorded = new Map([...recorded, ...forgotten]);
      if (forgotten.size > 0) {
        await retry(() => catchUp(parts), patience);
        continue;
      }
      await makeWay(error, parts, patience);
      if (!isBeforeGenesis(error, state)) continue;
      // The anchor's statement may be in another hand, or in a later round: this one comes again.
      for (const one of round) one.release();
      return undefined;
    }
    absorbLayer(state, layer);
    await follower.committed(decided.flatMap((one) => (one.kind === "record" ? [one.record] : [])));
    addAccounts(options, state);
    await router.route(state, decided, patience);
    await retry(follower.assure, patience);
    options.events.decided(decided);
    return decided;
  }
  return undefined;
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
  const { state, clock } = parts;
  if (round.some(({ account }) => account === state.clockAccount)) return true;
  while (clock.first() !== undefined) {
    await clock.tick(patience);
    if (clock.first() === undefined) break;
    const ticks = await nextRound(parts, patience.signal);
    if (ticks.isOver) return false;
    if (ticks.round) await process(parts, ticks.round, patience);
  }
  return true;
}

function isSubjectUsed(error: unknown): boolean {
  return error instanceof LeixError && error.code === "broker/subject-used";
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
