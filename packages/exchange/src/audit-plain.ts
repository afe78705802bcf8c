import { LeixError, listDisclosedLines, type Verdict } from "@leix/protocol";
import { type RecordChecks, verifyPlace } from "./chain.ts";
import type { Entry } from "./entry.ts";
import type { ExaminedPlain } from "./examined-plain.ts";
import type { ExaminedRecord } from "./examined-record.ts";
import { fold } from "./fold.ts";
import { decideMessageAgain, findMissingSeal, refuseSilence } from "./redecide.ts";
import type { State } from "./state.ts";

type MessageEntry = Extract<Entry, { kind: "message" }>;

/**
 * Takes in a plain record that is as it should be: in its place, signed, and decided as it is decided again,
 * to the byte. Undefined says nothing, and has changed nothing: whatever may be wrong, `auditExamined` finds
 * and names in the record as `parseRecord` has it.
 */
export function auditPlain(
  state: State,
  record: ExaminedPlain,
  disclosed: string,
  checks: RecordChecks,
): ExaminedRecord | undefined {
  const entry = attempt(() => decideSame(state, record, disclosed, checks));
  if (!entry) return undefined;
  const { claims: _claims, place: _place, disclosed: _disclosed, ...head } = record;
  fold(state, entry, record.decision.jws.digest);
  return { ...head, entry, isExact: true };
}

function decideSame(
  state: State,
  record: ExaminedPlain,
  disclosed: string,
  { policy, input }: RecordChecks,
): MessageEntry | undefined {
  verifyPlace(state, record, policy);
  const answer = decideMessageAgain(state, record, input);
  if (answer?.kind !== "message" || answer.policySet !== record.place.policySet) return undefined;
  const { verdict } = answer;
  if (verdict.recipients.length !== record.place.recipients) return undefined;
  if (!isDisclosed(verdict, disclosed, record.disclosed)) return undefined;
  refuseSilence(state, answer);
  return findMissingSeal(state, answer) ? undefined : answer;
}

function isDisclosed(verdict: Verdict, disclosed: string, [begin, end]: ExaminedPlain["disclosed"]): boolean {
  let at = begin;
  for (const line of listDisclosedLines(verdict)) {
    if (!disclosed.startsWith(line, at)) return false;
    at += line.length;
  }
  return at === end;
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof LeixError) return undefined;
    throw error;
  }
}
