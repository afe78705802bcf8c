import { LeixError, type ParsedRecord, parseRecord } from "@leix/protocol";
import {
  bringsPolicyKeys,
  checkPolicySignature,
  checkRecord,
  type RecordChecks,
  toPlaced,
  verifyPlace,
} from "./chain.ts";
import type { Entry } from "./entry.ts";
import { type ExaminedRecord, examineRecord } from "./examined-record.ts";
import { fold } from "./fold.ts";
import { toEntry } from "./recorded-entry.ts";
import { decideAgain, findMissingSeal, refuseSilence } from "./redecide.ts";
import type { State } from "./state.ts";
import type { Primitives } from "./tried-record.ts";

/**
 * Follows the ledger without deciding again: what the policy service does with its own ledger, and every
 * follower. Checks form, place, chain, time and the policy service's signature. Throws the `record/` and
 * `jws/` codes, and `statement/not-genesis` for a record 0 that is not the pinned anchor's: a record that
 * brings the policy service's keys is decided again by everyone. One record after the other: never
 * two at once on one state.
 */
export async function follow(state: State, bytes: Uint8Array): Promise<ParsedRecord> {
  const record = parseRecord(bytes);
  if (state.head.index === 0 || bringsPolicyKeys(state, record)) return auditParsed(state, record);
  verifyPlace(state, record, await checkPolicySignature(state, record));
  fold(state, toEntry(record), record.decision.jws.digest);
  return record;
}

/**
 * Takes in one record that was examined and whose signatures were tried, and decides it again; returns how it
 * should have been decided otherwise. One that is sound but was decided otherwise is followed all the same:
 * what the exchange did, it did. Throws as `follow` does; then nothing has changed.
 */
export function auditExamined(
  state: State,
  record: ExaminedRecord,
  checks: RecordChecks,
): LeixError | undefined {
  const entry = toPlacedEntry(state, record, checks);
  const difference = findDifference(state, record, entry, checks) ?? findMissingSeal(state, entry);
  fold(state, entry, record.decision.jws.digest);
  return difference;
}

function toPlacedEntry(state: State, record: ExaminedRecord, { policy }: RecordChecks): Entry {
  verifyPlace(state, toPlaced(record), policy);
  const { entry } = record;
  if (entry.kind === "refused") throw new LeixError(entry.code, entry.detail);
  return entry;
}

/**
 * Follows one record and decides it again from the state before it. Throws `record/decided-otherwise` where
 * the answer differs, and `record/overdue-missing` where an event should stand; then it has changed nothing:
 * `follow` goes on from there. The text of a rejected
 * input is not in the ledger: a false rejection is its sender's to show.
 */
export async function audit(state: State, bytes: Uint8Array): Promise<ParsedRecord> {
  return auditParsed(state, parseRecord(bytes));
}

async function auditParsed(
  state: State,
  record: ParsedRecord,
  { digest, verify }: Primitives = {},
): Promise<ParsedRecord> {
  const checks = await checkRecord(state, record, verify);
  const examined = examineRecord(record, digest);
  const entry = toPlacedEntry(state, examined, checks);
  const difference = findDifference(state, examined, entry, checks);
  if (difference) throw difference;
  fold(state, entry, record.decision.jws.digest);
  return record;
}

/**
 * Of record 0 there is none: if it is not the pinned anchor's, or of a decider that is not known, nothing in
 * this ledger is believed, and it throws.
 */
function findDifference(
  state: State,
  record: ExaminedRecord,
  entry: Entry,
  { input }: RecordChecks,
): LeixError | undefined {
  try {
    decideAgain(state, record, entry, input);
    refuseSilence(state, entry);
    return undefined;
  } catch (error) {
    if (!(error instanceof LeixError)) throw error;
    // That says nothing of the ledger: it is this program that cannot judge it.
    const isJudged = error.code !== "record/decider-unknown";
    if (state.head.index === 0 && !isJudged) throw error;
    if (state.head.index === 0) throw new LeixError("statement/not-genesis", error.detail, { cause: error });
    // Signed with keys that it brings itself, and not as it should be: nothing after it can be believed.
    if (bringsPolicyKeys(state, toPlaced(record))) throw error;
    return error;
  }
}

/**
 * Follows one statement of a part of the ledger: what members are given, in order but with gaps. It is
 * decided again from the statements before it, so no service has to be believed about who is a member and
 * with which keys.
 */
export async function auditStatement(state: State, bytes: Uint8Array): Promise<ParsedRecord> {
  return auditParsedStatement(state, parseRecord(bytes));
}

/** The same, for who has parsed the record already. */
export async function auditParsedStatement(
  state: State,
  record: ParsedRecord,
  primitives?: Primitives,
): Promise<ParsedRecord> {
  const { decision, kind } = record;
  if (kind !== "statement") throw new LeixError("record/malformed", "not a statement");
  const { head } = state;
  const { index, prev } = decision.content;
  if (index < head.index) throw new LeixError("record/index", `${index} after ${head.index}`);
  if (index > head.index) state.head = { ...head, index, prev };
  try {
    return await auditParsed(state, record, primitives);
  } catch (error) {
    state.head = head;
    throw error;
  }
}
