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
import { invariant, LeixError, limits, type SigningKey } from "@leix/protocol";
import type { PolicyEvents } from "./events.ts";
import { toLedgerSubject } from "./ledger-subject.ts";
import type { Drain, Inboxes, Ledger, Quarantine, Received } from "./ports.ts";
import { retryUnacknowledged } from "./retry.ts";
import { createRouter, type Router } from "./router.ts";

export interface PolicyServiceOptions {
  readonly ledger: Ledger;
  readonly inboxes: Inboxes;
  readonly quarantine: Quarantine;
  readonly drain: Drain;
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
 * A crash between record and route: OUT delivers again, under the sequence that the record names; it is routed from
 * the record and nothing is decided.
 * A crash between route and acknowledgement: the same, and the inboxes refuse what they have.
 *
 * The normal path is that recovery: whatever fails, the ledger is read on and the same inputs are decided again.
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
        const received = await options.drain.next(signal);
        if (!received) return;
        for (const group of groupByDelivery(received)) await process(options, state, router, group, signal);
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
  options.drain.addAccount(options.trust.anchorAccount);
  for (const [account] of state.accounts.entries()) options.drain.addAccount(account);
}

/** What was delivered before without an outcome goes alone, so that it cannot take others down with it again. */
function groupByDelivery(received: readonly Received[]): Received[][] {
  const fresh = received.filter((one) => one.deliveries === 1);
  const again = received.filter((one) => one.deliveries > 1).map((one) => [one]);
  return fresh.length > 0 ? [fresh, ...again] : again;
}

/** Decides and records a group, however often the head moves, then routes and acknowledges it. */
async function process(
  options: PolicyServiceOptions,
  state: State,
  router: Router,
  group: readonly Received[],
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const layer = createLayer(state);
    const decided = await decideBatch(
      layer,
      group.map((one) => toInput(state, one)),
      {
        key: options.key,
        decider: chooseDecider(state),
        now: Math.floor(options.clock() / 1000),
        createSalt: options.createSalt,
      },
    );
    try {
      await record(options, state, decided, group);
    } catch (error) {
      if (!isMendedByReadingOn(error)) throw error;
      options.events.raced(state.head.index, error.code);
      await retryUnacknowledged(() => catchUp(options, state), signal);
      continue;
    }
    absorbLayer(state, layer);
    addAccounts(options, state);
    await router.route(state, decided, signal);
    for (const one of group) one.acknowledge();
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
  group: readonly Received[],
): Promise<void> {
  for (const [i, one] of decided.entries()) {
    const received = group[i];
    if (one.kind !== "record" || !one.isQuarantined || !received) continue;
    await options.quarantine.keep(received.account, one.entry.input.digest, received.bytes);
  }
  const appends = decided
    .filter((one) => one.kind === "record")
    .map((one) => ({ subject: toLedgerSubject(one.entry), record: one.record }));
  if (appends.length > 0) await options.ledger.append(appends, state.head.index);
}

function toInput(state: State, received: Received): Input {
  const { account, sequence, timestampMs, bytes, deliveries } = received;
  invariant(Number.isSafeInteger(sequence), "OUT's sequence is a whole number");
  const isGivenUp = deliveries >= limits.DELIVERIES_MAX && !isRecordedDelivery(state, account, sequence);
  return { account, sequence, received: Math.floor(timestampMs / 1000), bytes, isGivenUp };
}
