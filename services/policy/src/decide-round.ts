import type { OutMessage } from "@leix/broker";
import {
  type BatchOptions,
  type Decided,
  decideBatch,
  decideFlood,
  type Input,
  isRecordedInput,
  type State,
  toLedgerSubject,
} from "@leix/exchange";
import type { PolicyServiceOptions } from "./policy-service.ts";
import type { Postponed } from "./postponed.ts";
import { type Patience, retry } from "./retry.ts";

/** Decides a round on a layer over the state. */
export function decideRound(
  options: PolicyServiceOptions,
  state: State,
  layer: State,
  round: readonly OutMessage[],
  givenUp: ReadonlySet<OutMessage>,
  recorded: Recorded,
): Promise<readonly Decided[]> {
  const inputs = round.map((one) => toInput(state, one, givenUp));
  return decideBatch(layer, inputs, { ...toBatchOptions(options), recorded });
}

/** Where inputs (their sequences in OUT) were rejected that the state has forgotten. */
export type Recorded = NonNullable<BatchOptions["recorded"]>;

/**
 * After LEDGER refused a record because it has one under its subject: which of these inputs were rejected so
 * long ago that the state does not know it any more.
 */
export async function findForgotten(
  { ledger }: PolicyServiceOptions,
  decided: readonly Decided[],
  patience: Patience,
): Promise<Recorded> {
  const found = new Map<number, number>();
  for (const one of decided) {
    if (one.kind !== "record" || one.entry.kind !== "rejection") continue;
    const subject = toLedgerSubject(one.entry);
    const index = await retry(() => ledger.find(subject), patience);
    if (index !== undefined) found.set(one.input.sequence, index);
  }
  return found;
}

/** The summary of what waited for the end of a minute; none where another instance has recorded it. */
export async function decideTogether(
  options: PolicyServiceOptions,
  layer: State,
  waiting: readonly Postponed[],
): Promise<readonly Decided[]> {
  const throttled = waiting.map(({ decided }) => decided);
  const flood = await decideFlood(layer, throttled, toBatchOptions(options));
  return flood ? [flood] : [];
}

function toBatchOptions({ key, tz, clock, createSalt }: PolicyServiceOptions): BatchOptions {
  return { key, tz, now: Math.floor(clock() / 1000), createSalt };
}

/** Durable on return: what could not be processed is in QUARANTINE, and everything in LEDGER. */
export async function recordDecided(
  options: PolicyServiceOptions,
  state: State,
  decided: readonly Decided[],
): Promise<void> {
  for (const one of decided) {
    if (!("isQuarantined" in one) || !one.isQuarantined) continue;
    await options.quarantine.keep(one.input.account, one.examined.rawDigest, one.input.bytes);
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
