import type { OutMessage } from "@leix/broker";
import { absorbLayer, createLayer, type Decided, type State } from "@leix/exchange";
import { LeixError } from "@leix/protocol";
import type { Clock } from "./clock.ts";
import { decideRound, decideTogether, recordDecided } from "./decide-round.ts";
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
  { options, clock, postponed }: Parts,
  signal: AbortSignal,
): Promise<{ readonly round?: readonly OutMessage[] | undefined; readonly isOver: boolean }> {
  const woken = new AbortController();
  const wake = () => woken.abort();
  const timer = setTimeout(
    wake,
    Math.min(clock.waitMs() ?? FOLLOW_MS, postponed.waitMs() ?? FOLLOW_MS, FOLLOW_MS),
  );
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

/**
 * Decides and records a round, however often the head moves, then routes and acknowledges it; what is
 * throttled stays in OUT.
 */
export async function process(
  parts: Parts,
  delivered: readonly OutMessage[],
  patience: Patience,
): Promise<void> {
  const { options, state, clock, postponed } = parts;
  const round = postponed.leaveOut(delivered);
  if (round.length === 0) return;
  const givenUp = await findGivenUp(options, state, round, patience);
  const decided = await commit(parts, round, patience, (layer) => {
    return decideRound(options, state, layer, round, givenUp);
  });
  if (!decided) return;
  for (const one of postponed.putAside(round, decided)) one.ack();
  clock.note(decided);
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
  decide: (layer: State) => Promise<readonly Decided[]>,
): Promise<readonly Decided[] | undefined> {
  const { options, state, follower, router } = parts;
  while (!patience.signal.aborted) {
    if (!(await recordOverdue(parts, round, patience))) return undefined;
    const layer = createLayer(state);
    let decided: readonly Decided[];
    try {
      decided = await decide(layer);
      await follower.assure();
      await recordDecided(options, state, decided);
    } catch (error) {
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
