import type { OutMessage } from "@leix/broker";
import {
  type Decided,
  decideBatch,
  type Input,
  isRecordedInput,
  type State,
  toLedgerSubject,
} from "@leix/exchange";
import type { PolicyServiceOptions } from "./policy-service.ts";

/** Decides a round on a layer over the state. */
export function decideRound(
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

/** Durable on return: what could not be processed is in QUARANTINE, and everything in LEDGER. */
export async function recordDecided(
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
