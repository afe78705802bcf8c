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
  isRecordedDelivery,
  type State,
  type Trust,
} from "@leix/exchange";
import { LeixError, limits, type SigningKey } from "@leix/protocol";
import type { PolicyEvents } from "./events.ts";
import { toLedgerSubject } from "./ledger-subject.ts";
import type { Inboxes, Ledger, Quarantine } from "./ports.ts";
import { retryUnacknowledged } from "./retry.ts";
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
  /** True once the ledger is folded. */
  readonly isReady: boolean;
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
  return {
    get isReady() {
      return isReady;
    },
    async run(signal) {
      await retryUnacknowledged(() => catchUp(options, state), signal);
      isReady = true;
      options.events.started(state.head.index);
      while (!signal.aborted) {
        const round = await options.drain.next(signal);
        if (!round) return;
        await process(options, state, router, round, signal);
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
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const layer = createLayer(state);
    const decided = await decideBatch(
      layer,
      round.map((one) => toInput(state, one)),
      {
        key: options.key,
        decider: chooseDecider(state),
        now: Math.floor(options.clock() / 1000),
        createSalt: options.createSalt,
      },
    );
    try {
      await record(options, state, decided, round);
    } catch (error) {
      if (!isMendedByReadingOn(error)) throw error;
      options.events.raced(state.head.index, error.code);
      await retryUnacknowledged(() => catchUp(options, state), signal);
      continue;
    }
    absorbLayer(state, layer);
    addAccounts(options, state);
    await router.route(state, decided, signal);
    for (const one of round) one.ack();
    options.events.decided(decided);
    return;
  }
}

/** Whether the batch happened or not, the ledger tells; what it has by then is found there as a repeat. */
function isMendedByReadingOn(error: unknown): error is LeixError {
  if (!(error instanceof LeixError)) return false;
  return ["broker/head-moved", "broker/not-acknowledged"].includes(error.code);
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

function toInput(state: State, message: OutMessage): Input {
  const { account, sequence, storedMs, data, deliveries } = message;
  const isGivenUp = deliveries >= limits.DELIVERIES_MAX && !isRecordedDelivery(state, account, sequence);
  return { account, sequence, received: Math.floor(storedMs / 1000), bytes: data, isGivenUp };
}
