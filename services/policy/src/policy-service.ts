import type { OutDrain, OutMessage } from "@leix/broker";
import {
  absorbLayer,
  createLayer,
  createState,
  type Decided,
  decideBatch,
  follow,
  type Input,
  isRecordedInput,
  type State,
  type Trust,
} from "@leix/exchange";
import { LeixError, type SigningKey } from "@leix/protocol";
import { type Clock, createClock } from "./clock.ts";
import type { PolicyEvents } from "./events.ts";
import { findGivenUp } from "./give-up.ts";
import { toLedgerSubject } from "./ledger-subject.ts";
import type { Inboxes, Ledger, Quarantine, Ticks } from "./ports.ts";
import { type Hindrance, isWorthWaiting, type Patience, retry, waitOut } from "./retry.ts";
import { createRouter, type Router } from "./router.ts";

export interface PolicyServiceOptions {
  readonly ledger: Ledger;
  readonly inboxes: Inboxes;
  readonly quarantine: Quarantine;
  readonly ticks: Ticks;
  /**
   * OUT. What was delivered before without an outcome is a round of its own, so that it takes no other down
   * with it.
   */
  readonly drain: Pick<OutDrain, "add" | "next">;
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
  /** Folds the ledger, then decides until the signal is aborted. Throws what cannot be mended by going on. */
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
  const state = createState(options.trust);
  const router = createRouter(options.ledger, options.inboxes, options.events);
  const clock = createClock({
    state,
    ticks: options.ticks,
    now: options.clock,
    catchUp: () => catchUp(options, state),
  });
  const parts = { options, state, router, clock };
  let isReady = false;
  let hindrance: Hindrance | undefined;
  return {
    problems: () => [
      ...(isReady ? [] : ["the ledger is still being folded"]),
      ...(clock.problem() ? [`no tick of the clock is taken: ${clock.problem()}`] : []),
      ...(hindrance ? [`the broker is in the way: ${hindrance.code} ${hindrance.detail}`] : []),
    ],
    async run(signal) {
      const onHindered = (found: Hindrance) => {
        const isNew = found.code !== hindrance?.code;
        hindrance = found;
        if (isNew) options.events.hindered(found);
      };
      const patience = { signal, onHindered };
      await retry(() => catchUp(options, state), patience);
      let readMs = performance.now();
      isReady = true;
      options.events.started(state.head.index);
      while (!signal.aborted) {
        // Others record too: whom to drain and what falls due is known from their records alone, and an
        // instance that has no inputs of its own would never read them.
        if (performance.now() - readMs >= FOLLOW_MS) {
          await retry(() => catchUp(options, state), patience);
          readMs = performance.now();
        }
        await clock.tick(patience);
        const { round, isOver } = await nextRound(options.drain, clock, signal);
        if (isOver) return;
        if (round) await process(parts, round, patience);
        hindrance = undefined;
      }
    },
  };
}

interface Parts {
  readonly options: PolicyServiceOptions;
  readonly state: State;
  readonly router: Router;
  readonly clock: Clock;
}

/** Reads on from the state's head. What another instance has written is followed, never decided again. */
async function catchUp(options: PolicyServiceOptions, state: State): Promise<void> {
  const count = await options.ledger.count();
  if (count < state.head.index) {
    throw new LeixError("ledger/rolled-back", `${count} records, ${state.head.index} seen`);
  }
  for await (const record of options.ledger.read(state.head.index)) await follow(state, record);
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
  const { options, state, router, clock } = parts;
  const givenUp = await findGivenUp(options, state, round, patience);
  while (!patience.signal.aborted) {
    if (!(await recordOverdue(parts, round, patience))) return;
    const layer = createLayer(state);
    let decided: readonly Decided[];
    try {
      decided = await decide(options, state, layer, round, givenUp);
      await record(options, state, decided);
    } catch (error) {
      await makeWay(error, options, state, patience);
      if (!isBeforeGenesis(error, state)) continue;
      // The anchor's statement may be in another hand, or in a later round: this one comes again.
      for (const one of round) one.release();
      return;
    }
    absorbLayer(state, layer);
    addAccounts(options, state);
    await router.route(state, decided, patience);
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

function decide(
  options: PolicyServiceOptions,
  state: State,
  layer: State,
  round: readonly OutMessage[],
  givenUp: ReadonlySet<OutMessage>,
): Promise<readonly Decided[]> {
  const inputs = round.map((one) => toInput(state, one, givenUp));
  return decideBatch(layer, inputs, {
    key: options.key,
    tz: options.tz,
    now: Math.floor(options.clock() / 1000),
    createSalt: options.createSalt,
  });
}

/** Nothing can be recorded before the anchor's first statement, and the ledger has none yet. */
function isBeforeGenesis(error: unknown, state: State): boolean {
  return error instanceof LeixError && error.code === "statement/not-genesis" && state.head.index === 0;
}

/**
 * After a batch that was not recorded, or perhaps was: reads on. What the ledger has by then is found there
 * as a repeat. Throws what cannot be mended so.
 */
async function makeWay(
  error: unknown,
  options: PolicyServiceOptions,
  state: State,
  patience: Patience,
): Promise<void> {
  if (error instanceof LeixError && error.code === "broker/head-moved") {
    options.events.raced(state.head.index, error.code);
  } else if (isWorthWaiting(error)) await waitOut(error, patience);
  else throw error;
  await retry(() => catchUp(options, state), patience);
}

async function record(
  options: PolicyServiceOptions,
  state: State,
  decided: readonly Decided[],
): Promise<void> {
  for (const one of decided) {
    if (one.kind !== "record" || !one.isQuarantined) continue;
    await options.quarantine.keep(one.input.account, one.entry.input.digest, one.input.bytes);
  }
  const appends = decided
    .filter((one) => one.kind === "record")
    .map((one) => ({ subject: toLedgerSubject(one.entry), record: one.record }));
  if (appends.length > 0) await options.ledger.append(appends, state.head.index);
}

function toInput(state: State, message: OutMessage, givenUp: ReadonlySet<OutMessage>): Input {
  const { account, sequence, storedMs, data } = message;
  const isGivenUp = givenUp.has(message) && !isRecordedInput(state, message);
  return { account, sequence, received: Math.floor(storedMs / 1000), bytes: data, isGivenUp };
}
