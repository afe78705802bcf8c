import { decide, type PolicySet } from "@leix/principles";
import {
  type ErrorCode,
  encodeCanonical,
  LeixError,
  type Outcome,
  type ParsedRecord,
  type PolicyId,
  type RecipientOutcome,
  type RuleId,
  toVerdict,
  type Verdict,
  verifyVerdictSize,
} from "@leix/protocol";
import { findDecider } from "./decider.ts";
import { createQueries } from "./queries.ts";
import type { State } from "./state.ts";

export type Effect = RecipientOutcome["effect"];
/** A prohibition, or `base`: that nothing was permitted in the first place. */
export type Determining = PolicyId | "base";

/** What became of one delivery, and what a proposed set would have made of it. */
export interface WhatIfRecipient {
  readonly agency: RecipientOutcome["agency"];
  readonly as: RecipientOutcome["as"];
  readonly recorded: Effect;
  readonly proposed: Effect;
  /** Policies that would determine the answer and did not, and those that did and would not. */
  readonly added: readonly Determining[];
  readonly removed: readonly Determining[];
}

/** A duty laid on a party, or what a notice tells it. */
export interface WhatIfDuty {
  readonly rule: RuleId;
  readonly duty: string;
  readonly party: RecipientOutcome["agency"];
  readonly due?: number;
}

/** What a proposed set would have made of one message. */
export type WhatIf =
  | { readonly kind: "same" }
  /** The proposed set gives no answer here: a policy of it fails. In force, it would reject the message. */
  | { readonly kind: "failed"; readonly code: ErrorCode; readonly detail: string }
  /** `changed`: another answer to some recipient. `reasons`: the same to all, for other reasons or duties. */
  | {
      readonly kind: "changed" | "reasons";
      readonly recorded: Outcome;
      readonly proposed: Outcome;
      /** Those in whom something differs. */
      readonly recipients: readonly WhatIfRecipient[];
      readonly duties: { readonly added: readonly WhatIfDuty[]; readonly removed: readonly WhatIfDuty[] };
    };

/**
 * Decides a recorded message under a proposed set, from the state before its record: history as it happened.
 * Undefined for what no policy decides: statements, events, and rejections. Changes nothing. Throws
 * `record/decider-unknown` as an audit does.
 */
export function whatIf(state: State, record: ParsedRecord, proposed: PolicySet): WhatIf | undefined {
  if (record.kind !== "message") return undefined;
  const verdict = decideUnder(state, record, proposed);
  return verdict instanceof LeixError
    ? { kind: "failed", code: verdict.code, detail: verdict.detail }
    : compare(toVerdict(record.decision), verdict);
}

type MessageRecord = Extract<ParsedRecord, { kind: "message" }>;

/** An engine failure is a finding about the proposed set. All else that is thrown is not. */
function decideUnder(
  state: State,
  { input, claims, decision }: MessageRecord,
  proposed: PolicySet,
): Verdict | LeixError {
  const { received, at, decider } = decision.content;
  const known = findDecider(state, decider);
  if (!known) throw new LeixError("record/decider-unknown", `${decider.step}, Cedar ${decider.cedar}`);
  const ref = { iss: claims.iss, id: claims.id, digest: input.digest };
  try {
    const verdict = decide(proposed, createQueries(state), claims, ref, { received, at }, known.facts);
    verifyVerdictSize(verdict);
    return verdict;
  } catch (error) {
    if (error instanceof LeixError && error.code === "decision/engine") return error;
    throw error;
  }
}

function compare(recorded: Verdict, proposed: Verdict): WhatIf {
  const pairs = recorded.recipients.map((one, i) => toPair(recorded, proposed, one, i));
  const recipients = pairs.filter(({ differs }) => differs).map(({ recipient }) => recipient);
  const [before, after] = [listDuties(recorded), listDuties(proposed)];
  const duties = { added: without(after, before), removed: without(before, after) };
  if (recipients.length + duties.added.length + duties.removed.length === 0) return { kind: "same" };
  const isChanged = recipients.some((one) => one.recorded !== one.proposed);
  return {
    kind: isChanged ? "changed" : "reasons",
    recorded: recorded.outcome,
    proposed: proposed.outcome,
    recipients,
    duties,
  };
}

/** Both verdicts list their recipients, and the grounds, in the order of the claims. */
function toPair(
  recorded: Verdict,
  proposed: Verdict,
  { agency, as, effect, reasons }: RecipientOutcome,
  i: number,
) {
  const other = proposed.recipients[i];
  const [was, would] = [toDetermining(recorded, i), toDetermining(proposed, i)];
  const recipient: WhatIfRecipient = {
    ...{ agency, as, recorded: effect, proposed: other?.effect ?? "deny" },
    added: would.filter((one) => !was.includes(one)),
    removed: was.filter((one) => !would.includes(one)),
  };
  const isTold = encodeCanonical(reasons) !== encodeCanonical(other?.reasons ?? []);
  const differs =
    recipient.recorded !== recipient.proposed ||
    recipient.added.length + recipient.removed.length > 0 ||
    isTold;
  return { recipient, differs };
}

/** The policies behind a denial; `base` where none denied and yet nothing permitted. */
function toDetermining({ recipients, grounds }: Verdict, i: number): readonly Determining[] {
  if (recipients[i]?.effect !== "deny") return [];
  const determining = grounds[i]?.determining ?? [];
  return determining.length > 0 ? determining : ["base"];
}

/** Everyone's duties, the sender's once for each recipient that it has them for; and what notices tell. */
function listDuties({ recipients, notices }: Verdict): WhatIfDuty[] {
  const laid = recipients.flatMap(({ obligations }) => obligations);
  const told = notices.filter((one) => one !== null);
  return [
    ...laid.map(({ rule, duty, party, due }) => toDuty(rule, duty, party, due)),
    ...told.map(({ rule, notice, to, due }) => toDuty(rule, notice, to, due)),
  ];
}

function toDuty(rule: RuleId, duty: string, party: WhatIfDuty["party"], due: number | undefined): WhatIfDuty {
  return { rule, duty, party, ...(due === undefined ? {} : { due }) };
}

/** What is in the one list and not in the other, each once. */
function without(duties: readonly WhatIfDuty[], others: readonly WhatIfDuty[]): WhatIfDuty[] {
  const known = new Set(others.map(encodeCanonical));
  return [...new Map(duties.map((duty) => [encodeCanonical(duty), duty]))]
    .filter(([text]) => !known.has(text))
    .map(([, duty]) => duty);
}
