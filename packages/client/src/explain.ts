import { type Explanation, explainRule } from "@leix/principles";
import {
  type AgencyId,
  ERRORS,
  type ErrorCode,
  type Markings,
  type MessageId,
  type RecipientOutcome,
} from "@leix/protocol";
import type { StoredMessage, StoredNotice } from "./archive.ts";
import { type ExplainedDuty, explainDuty } from "./duty-texts.ts";

/** A reason of a denial in words, with its source and what would let the message pass. */
export interface ExplainedReason extends Explanation {
  readonly reason: RecipientOutcome["reasons"][number];
}

export interface ExplainedRecipient {
  readonly agency: AgencyId;
  readonly as: RecipientOutcome["as"];
  readonly effect: RecipientOutcome["effect"];
  readonly reasons: readonly ExplainedReason[];
  readonly obligations: readonly ExplainedDuty[];
}

/** What the exchange has told this agency about the message, in words. */
export interface ExplainedNotice extends StoredNotice {
  readonly text?: Explanation;
}

/** What went wrong outside the principles: the code, when it is given, what to do. */
export interface ExplainedProblem {
  readonly code: ErrorCode;
  readonly detail: string;
  readonly when: string;
  readonly todo: string;
}

/** What became of a message and why, for an officer. */
export interface MessageExplanation {
  readonly id: string;
  readonly direction: StoredMessage["direction"];
  readonly status: StoredMessage["status"];
  /** The exchange has it and decides it later: it has refused too many of this agency's messages at once. */
  readonly isWaiting?: true;
  /** What was sent in its place, because its key had been replaced: there is nothing to send again. */
  readonly replacedBy?: MessageId;
  /** Where the decision stands in the ledger: an auditor finds it there. */
  readonly ledgerIndex?: number;
  /** NumericDate: when the exchange received it, and when it was decided. */
  readonly received?: number;
  readonly decidedAt?: number;
  /** Everyone it was addressed to, for its sender; oneself, for a recipient. */
  readonly recipients: readonly ExplainedRecipient[];
  readonly markings?: Markings;
  readonly problem?: ExplainedProblem;
  /** In the order of the ledger. */
  readonly notices: readonly ExplainedNotice[];
}

/** `language` is an ISO 639-1 code; English where there is no text in it. */
export function explainMessage(
  message: StoredMessage,
  notices: readonly StoredNotice[],
  language: string,
): MessageExplanation {
  const { ref, direction, status, decision, problem } = message;
  const content = decision?.content;
  return {
    id: ref.id,
    direction,
    status,
    ...("isWaiting" in message && message.isWaiting ? { isWaiting: true } : {}),
    ...("replacedBy" in message && message.replacedBy ? { replacedBy: message.replacedBy } : {}),
    ...(content ? { ledgerIndex: content.index, received: content.received, decidedAt: content.at } : {}),
    recipients: (decision?.recipients ?? []).map((recipient) => explainRecipient(recipient, language)),
    ...(decision?.markings ? { markings: decision.markings } : {}),
    ...(problem ? { problem: { ...problem, ...ERRORS[problem.code] } } : {}),
    notices: notices
      .filter(({ notice: { about, held } }) => about.id === ref.id || held?.id === ref.id)
      .map((one) => ({ ...one, ...toText(explainDuty(toDuty(one), language)) })),
  };
}

/** Whose time ran out is told because of the rule that set it; the words are about the rule. */
function toDuty({ notice: { rule, notice } }: StoredNotice): Pick<ExplainedDuty, "rule" | "duty"> {
  return { rule, duty: notice };
}

function toText(text: Explanation | undefined): { text?: Explanation } {
  return text ? { text } : {};
}

function explainRecipient(recipient: RecipientOutcome, language: string): ExplainedRecipient {
  const { agency, as, effect } = recipient;
  const obligations = recipient.obligations.map((one) => ({ ...one, ...toText(explainDuty(one, language)) }));
  const reasons = recipient.reasons.map((reason) => explainReason(reason, language));
  return { agency, as, effect, reasons, obligations };
}

/** A rule of a newer policy set may have no text here yet: then its id has to do. */
function explainReason(reason: RecipientOutcome["reasons"][number], language: string): ExplainedReason {
  const text = explainRule(reason, language) ?? {
    title: reason,
    wrong: `The rule ${reason} of the policy set in force denies it; this program has no text for that rule.`,
    todo: "Upgrade this program, or ask your country's authority, quoting the rule.",
  };
  return { reason, ...text };
}
