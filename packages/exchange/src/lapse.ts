import { type AgencyId, countryOf, type Lapse, limits, type Notice, type OverdueDuty } from "@leix/protocol";
import { layNotices, listDue, record } from "./duties.ts";
import { findCountry } from "./members.ts";
import { findPendingSince, foldRecalls, listRecalls } from "./recalls.ts";
import type { RecordedDuty } from "./recorded.ts";
import { type State, toMessageKey } from "./state.ts";

/**
 * What a tick of the clock at `at` finds: the duties whose time has run out and that no event has recorded,
 * in the order of their time, and the recalls that are pending, as many as one event has room for. Undefined
 * where there is neither.
 */
export function findLapse(state: State, at: number): Lapse | undefined {
  const found: RecordedDuty[] = [];
  for (const duty of listDue(state, at)) {
    const last = found.at(-1);
    // The same duty over two messages that a party holds is told once.
    if (last && toIdentity(last) === toIdentity(duty)) continue;
    if (found.length === limits.OVERDUE_MAX) break;
    found.push(duty);
  }
  const late = found.flatMap((duty) => toNotices(state, duty));
  const recalls = listRecalls(state, at, limits.NOTICES_MAX - late.length);
  if (found.length + recalls.length === 0) return undefined;
  return { overdue: found.map(toOverdue), notices: [...late, ...recalls] };
}

/**
 * Records what is overdue, each once, lays on parties what the recalls ask of them, and notes that there may
 * be more where the event was full.
 */
export function foldLapse(state: State, { overdue, notices }: Lapse, at: number): void {
  const left = new Set(overdue.map(toIdentity));
  const recorded: RecordedDuty[] = [];
  let last = "";
  for (const duty of listDue(state, at)) {
    const identity = toIdentity(duty);
    if (left.size === 0 && identity !== last) break;
    if (!left.delete(identity) && identity !== last) continue;
    last = identity;
    recorded.push(duty);
  }
  for (const duty of recorded) record(state, duty);
  foldRecalls(state, notices, at);
  layNotices(state, notices, at);
  const isFull = overdue.length >= limits.OVERDUE_MAX || findPendingSince(state) !== undefined;
  if (isFull) state.lastFullEventAt = at;
}

/**
 * Who is told: the party itself and whoever it owes the duty to, and the single points of contact of both
 * countries, who answer for them. Each once; only the party itself is told over which message it is.
 */
function toNotices(state: State, { rule, party, about, subject }: RecordedDuty): Notice[] {
  const spocs = [party, about.iss].map((agency) => findCountry(state, countryOf(agency))?.spoc);
  const told = [party, about.iss, ...spocs].filter((agency): agency is AgencyId => agency !== undefined);
  const held = state.messages.get(subject)?.ref;
  return [...new Set(told)].map((to) => ({
    ...{ to, rule, notice: "overdue", about },
    ...(to === party && held && subject !== toMessageKey(about) ? { held } : {}),
    by: party,
  }));
}

function toOverdue({ rule, duty, party, about, due }: RecordedDuty): OverdueDuty {
  return { rule, duty, party, about, due };
}

function toIdentity({ rule, duty, party, about, due }: OverdueDuty): string {
  return [rule, duty, party, toMessageKey(about), due].join(" ");
}
