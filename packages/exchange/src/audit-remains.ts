import { LeixError, parseRecord } from "@leix/protocol";
import type { AuditedTried } from "./audit-batch.ts";
import { checkRecord, type RecordChecks, toChecks, toPlaced, verifyPlace } from "./chain.ts";
import { foldSeal } from "./epochs.ts";
import type { ExaminedRecord } from "./examined-record.ts";
import { auditExamined } from "./replay.ts";
import { openSealedState, type SealedItem, verifyMembership } from "./sealed-state.ts";
import type { State } from "./state.ts";
import { type TriedBatch, toExaminedRecord } from "./tried-record.ts";

// What can be said of a part of the ledger in which records were erased. Statements and seals never are.

/**
 * Takes in the records that are left, the first of them at `begin`: each in its place, after the one before
 * it where that is there, both signatures valid under the keys of the time. Statements are decided again from
 * the statements before them; what else is left is not, for what it was decided on is gone. `state` knows the
 * membership and nothing else that can be relied on. Otherwise as `auditTried`.
 */
export async function auditRemains(
  state: State,
  begin: number,
  { records, broken }: Omit<TriedBatch, "disclosed">,
  bytes: (at: number) => Uint8Array,
  onAudited: (audited: AuditedTried) => void,
): Promise<LeixError | undefined> {
  for (const [at, tried] of records.entries()) {
    try {
      const record = toExaminedRecord(tried, bytes(at));
      const { prev } = record.decision.content;
      if (begin + at > state.head.index) state.head = { ...state.head, index: begin + at, prev };
      const checks =
        toChecks(state, { ...tried, record }) ?? (await checkRecord(state, parseRecord(bytes(at))));
      onAudited({ at, record, difference: takeIn(state, record, checks) });
    } catch (error) {
      if (error instanceof LeixError) return error;
      throw error;
    }
  }
  return broken && new LeixError(broken.code, broken.detail);
}

function takeIn(state: State, record: ExaminedRecord, checks: RecordChecks): LeixError | undefined {
  const { entry, decision } = record;
  if (entry.kind === "statement") return auditExamined(state, record, checks);
  verifyPlace(state, toPlaced(record), checks.policy);
  if (entry.kind === "refused") throw new LeixError(entry.code, entry.detail);
  if (entry.kind === "seal") foldSeal(state, entry);
  const { index, at } = decision.content;
  state.head = { index: index + 1, prev: decision.jws.digest, at };
  return checks.input === "valid" ? undefined : new LeixError(checks.input, `sender at ${index}`);
}

/**
 * The whole state before a seal, from what was put away with it, once the statements that are left are the
 * ones that it knows. Throws as `openSealedState` does.
 */
export async function openRemains(
  membership: State,
  items: AsyncIterable<SealedItem>,
  seal: Uint8Array,
): Promise<State> {
  const { state } = await openSealedState(membership.trust, items, seal);
  verifyMembership(state, membership);
  return state;
}
