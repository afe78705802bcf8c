import type { OutDrain, OutMessage } from "@leix/broker";
import {
  absorbLayer,
  chooseDecider,
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
import type { PolicyEvents } from "./events.ts";
import { findGivenUp } from "./give-up.ts";
import { toLedgerSubject } from "./ledger-subject.ts";
import type { Inboxes, Ledger, Quarantine } from "./ports.ts";
import { type Hindrance, isWorthWaiting, type Patience, retry, waitOut } from "./retry.ts";
import { createRouter, type Router } from "./router.ts";

export interface PolicyServiceOptions {
  readonly ledger: Ledger;
  readonly inboxes: Inboxes;
  readonly quarantine: Quarantine;
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
  /** 16 fresh random bytes in base64url. */
  readonly createSalt: () => string;
}

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
  let isReady = false;
  let hindrance: Hindrance | undefined;
  return {
    problems: () => [
      ...(isReady ? [] : ["the ledger is still being folded"]),
      ...(hindrance ? [`the broker is in the way: ${hindrance.code} ${hindrance.detail}`] : []),
    ],
    async run(signal) {
      const onHindered = (found: Hindrance) => {
        hindrance = found;
        options.events.hindered(found);
      };
      const patience = { signal, onHindered };
      await retry(() => catchUp(options, state), patience);
      isReady = true;
      options.events.started(state.head.index);
      while (!signal.aborted) {
        const round = await options.drain.next(signal);
        if (!round) return;
        await process(options, state, router, round, patience);
        hindrance = undefined;
      }
    },
  };
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

function addAccounts(options: PolicyServiceOptions, state: State): void {
  options.drain.add(options.trust.anchorAccount);
  for (const [account] of state.accounts.entries()) options.drain.add(account);
}

/** Decides and records a round, however often the head moves, then routes and acknowledges it. */
async function process(
  options: PolicyServiceOptions,
  state: State,
  router: Router,
  round: readonly OutMessage[],
  patience: Patience,
): Promise<void> {
  const givenUp = await findGivenUp(options, state, round, patience);
  while (!patience.signal.aborted) {
    const layer = createLayer(state);
    let decided: readonly Decided[];
    try {
      decided = await decide(options, state, layer, round, givenUp);
      await record(options, state, decided, round);
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
    return;
  }
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
    decider: chooseDecider(state),
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
  round: readonly OutMessage[],
): Promise<void> {
  for (const [i, one] of decided.entries()) {
    const message = round[i];
    if (one.kind !== "record" || !one.isQuarantined || !message) continue;
    await options.quarantine.keep(message.account, one.entry.input.digest, message.data);
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
