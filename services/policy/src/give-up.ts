import type { OutMessage } from "@leix/broker";
import { isRecordedInput, type State } from "@leix/exchange";
import { LeixError, limits, toDigest } from "@leix/protocol";
import type { PolicyEvents } from "./events.ts";
import type { Quarantine } from "./ports.ts";
import { type Patience, retry } from "./retry.ts";

export interface GiveUpOptions {
  readonly quarantine: Quarantine;
  readonly events: Pick<PolicyEvents, "suspected">;
}

/**
 * Which inputs of a round are not looked at any more: each was delivered DELIVERIES_MAX times, and the last
 * time it was tried, no outcome came of it. Deliveries alone do not tell: an input that ends its reader
 * raises the count of whatever was fetched with it and not tried at all. So before its last trials a suspect
 * goes to the quarantine, and whoever finds it there, has before it an input that was tried in vain.
 */
export async function findGivenUp(
  { quarantine, events }: GiveUpOptions,
  state: State,
  round: readonly OutMessage[],
  patience: Patience,
): Promise<ReadonlySet<OutMessage>> {
  const givenUp = new Set<OutMessage>();
  for (const message of round) {
    const { account, deliveries, data } = message;
    if (deliveries < limits.DELIVERIES_MAX - 1 || isRecordedInput(state, message)) continue;
    const digest = toDigest(data);
    let isFirst = false;
    await retry(async () => {
      try {
        if (await quarantine.keep(account, digest, data)) isFirst = true;
      } catch (error) {
        // Perhaps it is kept now, and then for the first time: the next trial will tell.
        if (error instanceof LeixError && error.code === "broker/not-acknowledged") isFirst = true;
        throw error;
      }
    }, patience);
    events.suspected(account, digest, deliveries);
    if (!isFirst && deliveries >= limits.DELIVERIES_MAX) givenUp.add(message);
  }
  return givenUp;
}
