import { type AgencyId, type MessageId, openDecision } from "@leix/protocol";
import { listAcknowledgements } from "./acknowledgements.ts";
import { type DispatchOptions, dispatch } from "./dispatch.ts";
import { openSent } from "./judge-answer.ts";
import type { WaitedRow } from "./store/waited.ts";
import type { Store } from "./store.ts";

/**
 * The broker is there again: what the exchange acknowledged longer ago than this is sent again, since the
 * broker's disk may have gone back.
 */
const BACK_MS = 60_000;
/** Otherwise the first time after so long; then whenever it has waited for twice as long as the last time. */
const FIRST_MS = 3_600_000;
/** Nobody acknowledges that late: who has not by then has left, or its acknowledgement was lost. */
const WAITED_MS_MAX = 30 * 86_400_000;

/** At the start of a node; the broker is back; or neither. */
export type ResendCause = "start" | "back" | "later";

/**
 * Sends again, the same bytes, what was let through and not acknowledged by all: a broker whose disk was lost
 * or put back has lost the copies that waited, and nobody else has the body. Who has it already drops it.
 * Stops at the first failure: what hinders one hinders the others.
 */
export async function resendWaited(cause: ResendCause, options: DispatchOptions): Promise<void> {
  const { store, clock } = options;
  for (const row of store.waited.list()) {
    const now = clock();
    if (isOver(row, now)) store.waited.release(row.id);
    else if (!isDue(row, cause, now)) continue;
    else if (isAcknowledged(store, row)) store.waited.release(row.id);
    else if ((await dispatch(row.id, options)) !== undefined) return;
  }
}

/** An acknowledgement of this message has come: the last one ends the waiting. */
export function releaseAcknowledged(store: Store, id: MessageId): void {
  const row = store.waited.get(id);
  if (row && isAcknowledged(store, row)) store.waited.release(id);
}

function isDue({ storedMs, receivedMs }: WaitedRow, cause: ResendCause, now: number): boolean {
  const lastMs = receivedMs ?? storedMs;
  if (cause === "start") return true;
  return now - lastMs >= (cause === "back" ? BACK_MS : Math.max(FIRST_MS, lastMs - storedMs));
}

function isOver({ token, storedMs }: WaitedRow, now: number): boolean {
  const claims = openSent(token);
  const deleteBy = "deleteBy" in claims ? claims.deleteBy : undefined;
  return now - storedMs > WAITED_MS_MAX || (deleteBy !== undefined && deleteBy * 1_000 <= now);
}

function isAcknowledged(store: Store, { id, decision }: WaitedRow): boolean {
  const { recipients } = openDecision(decision);
  const waited = new Set<AgencyId>(
    recipients.filter((one) => one.effect === "permit").map((one) => one.agency),
  );
  for (const { agency } of listAcknowledgements(store, id)) waited.delete(agency);
  return waited.size === 0;
}
