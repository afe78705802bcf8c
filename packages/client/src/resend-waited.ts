import { type AgencyId, type MessageId, openDecision } from "@leix/protocol";
import { listAcknowledgements } from "./acknowledgements.ts";
import { type DispatchOptions, dispatch } from "./dispatch.ts";
import type { WaitedRow } from "./store/waited.ts";
import type { Store } from "./store.ts";

/** The first time after so long; then whenever it has waited for twice as long as the last time. */
const FIRST_MS = 3_600_000;
/** Nobody acknowledges that late: who has not by then has left, or its acknowledgement was lost. */
const WAITED_MS_MAX = 30 * 86_400_000;

/**
 * Sends again, the same bytes, what was let through and not acknowledged by all: a broker whose disk was lost
 * or put back has lost the copies that waited, and nobody else has the body. Who has it already drops it.
 * What the exchange acknowledged last at `lostBeforeMs` or earlier is due at once. Stops at the first
 * failure, and answers false: what hinders one hinders the others, and all of it stays due.
 */
export async function resendWaited(lostBeforeMs: number, options: DispatchOptions): Promise<boolean> {
  const { store, clock } = options;
  const now = clock();
  store.waited.releaseOver(now - WAITED_MS_MAX, now);
  for (const id of store.waited.listDue(lostBeforeMs, now, FIRST_MS)) {
    if (releaseAcknowledged(store, id)) continue;
    if ((await dispatch(id, options)) !== undefined) return false;
  }
  return true;
}

/** The last acknowledgement ends the waiting. False where it goes on, or there was none. */
export function releaseAcknowledged(store: Store, id: MessageId): boolean {
  const row = store.waited.get(id);
  if (!row || !isAcknowledged(store, row)) return false;
  store.waited.release(id);
  return true;
}

function isAcknowledged(store: Store, { id, decision }: WaitedRow): boolean {
  const { recipients } = openDecision(decision);
  const waited = new Set<AgencyId>(
    recipients.filter((one) => one.effect === "permit").map((one) => one.agency),
  );
  for (const { agency } of listAcknowledgements(store, id)) waited.delete(agency);
  return waited.size === 0;
}
