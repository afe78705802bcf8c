import { type AcknowledgeOptions, acknowledgeCopies } from "./acknowledge.ts";
import { type DispatchOptions, dispatch } from "./dispatch.ts";
import { type SettleOptions, settle } from "./settle.ts";

export interface SettleArrivalsOptions extends SettleOptions, AcknowledgeOptions, DispatchOptions {}

const AT_ONCE_MAX = 16;

/**
 * Judges everything in the store that nobody has judged, then acknowledges it. `isStart`: what is found may
 * have ended the process before, so each attempt is counted, on disk, before it is made.
 */
export async function settleArrivals(options: SettleArrivalsOptions, isStart: boolean): Promise<void> {
  const { inbox } = options.store;
  let after = 0;
  while (true) {
    const rows = inbox.listUnsettled(after, AT_ONCE_MAX);
    if (rows.length === 0) break;
    for (const row of rows) {
      if (isStart) inbox.setAttempts(row.arrival, row.attempts + 1);
      const settling = await settle(row, options);
      if (settling === "deferred") inbox.setAttempts(row.arrival, 0);
      after = row.arrival;
    }
    await acknowledge(options);
  }
  await acknowledge(options);
}

/** What cannot be sent now stays in the outbox. */
async function acknowledge(options: SettleArrivalsOptions): Promise<void> {
  while (true) {
    const ids = await acknowledgeCopies(options);
    if (ids.length === 0) return;
    await Promise.all(ids.map((id) => dispatch(id, options)));
  }
}
