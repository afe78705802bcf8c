import { listWaitingSubjects } from "@leix/broker";
import { hasLeft, type State } from "@leix/exchange";
import { type AccountId, type AgencyId, type PartyId, toInboxSubject } from "@leix/protocol";
import type { PartyConnection } from "@leix/runtime";
import type { CheckReport, Problem } from "./doctor-report.ts";

/** Between fetching a copy and the record of its acknowledgement is less than this, where a node is well. */
const UNDER_WAY_SECONDS = 600;
const SHOWN_MAX = 3;

const TODO =
  "Where the recipient's node has it, its acknowledgement is on the way. Otherwise the broker lost it: the " +
  "sender's node sends it again at its next start or reconnect, else within hours. See that both run.";

/**
 * Copies that were let through, that nobody has acknowledged, and that are not in INBOX any more: a broker
 * whose disk was lost or put back has lost them. `now` in milliseconds since 1970.
 */
export async function checkCopies(monitor: PartyConnection, state: State, now: number): Promise<CheckReport> {
  const before = now / 1_000 - UNDER_WAY_SECONDS;
  const waited = listUnacknowledged(state).filter(({ message }) => message.received < before);
  const problems: Problem[] = [];
  for (const [agency, all] of Map.groupBy(waited, ({ agency: to }) => to)) {
    const account = findAccount(state, agency);
    if (account === undefined) continue;
    const waiting = new Set(await listWaitingSubjects(monitor, account));
    const missing = all.filter(({ message: { ref } }) => {
      const sender = findAccount(state, ref.iss);
      return sender !== undefined && !waiting.has(toInboxSubject(account, "copy", sender, ref.id));
    });
    if (missing.length > 0) problems.push({ detail: toDetail(agency, missing), todo: TODO });
  }
  const summary = `${waited.length} not acknowledged for ten minutes, each still in INBOX`;
  return { name: "copies", summary, problems };
}

type RecordedMessage = NonNullable<ReturnType<State["messages"]["get"]>>;

interface UnacknowledgedCopy {
  readonly agency: AgencyId;
  readonly message: RecordedMessage;
}

function listUnacknowledged(state: State): UnacknowledgedCopy[] {
  const found: UnacknowledgedCopy[] = [];
  for (const [, message] of state.messages.entries()) {
    for (const agency of message.outstanding) if (!hasLeft(state, agency)) found.push({ agency, message });
  }
  return found;
}

function findAccount(state: State, party: PartyId): AccountId | undefined {
  const statement = state.parties.get(party)?.statement;
  return statement && "account" in statement ? statement.account.id : undefined;
}

function toDetail(agency: AgencyId, missing: readonly UnacknowledgedCopy[]): string {
  const shown = missing.slice(0, SHOWN_MAX).map(({ message: { ref, index } }) => {
    return `${ref.id} of ${ref.iss}, record ${index}`;
  });
  const more = missing.length > SHOWN_MAX ? `; and ${missing.length - SHOWN_MAX} more` : "";
  const which = `${shown.join("; ")}${more}`;
  return `${missing.length} messages to ${agency} are neither acknowledged nor in INBOX (${which})`;
}
