import { type AccountId, STREAMS, toInboxFilter } from "@leix/protocol";
import type { NatsConnection } from "@nats-io/transport-node";
import { READER_API } from "./accounts/roles.ts";
import { attempt, openManager } from "./provision.ts";

/**
 * Removes all that waits in one account's inbox; returns how much that was. For an account that will never
 * fetch it. Needs the role `registry`. Throws broker/refused, broker/no-answer: repeating is harmless.
 */
export async function removeWaiting(nc: NatsConnection, account: AccountId): Promise<number> {
  const manager = await openManager(nc);
  const filter = toInboxFilter(account);
  const { purged } = await attempt(`inbox ${account}`, () =>
    manager.streams.purge(STREAMS.inbox, { filter }),
  );
  return purged;
}

/** How much waits in one account's inbox. Needs the role `monitor`. Throws as `removeWaiting` does. */
export async function countWaiting(nc: NatsConnection, account: AccountId): Promise<number> {
  return (await listWaitingSubjects(nc, account)).length;
}

/** The same, by subject. */
export async function listWaitingSubjects(nc: NatsConnection, account: AccountId): Promise<string[]> {
  const manager = await openManager(nc, READER_API);
  const subjects_filter = toInboxFilter(account);
  const { state } = await attempt(`inbox ${account}`, () =>
    manager.streams.info(STREAMS.inbox, { subjects_filter }),
  );
  return Object.keys(state.subjects ?? {});
}
