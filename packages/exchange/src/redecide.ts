import {
  countSalts,
  type Decider,
  type Digest,
  type ErrorCode,
  encodeBase64url,
  encodeCanonicalBytes,
  encodeEnvelope,
  LeixError,
  type ParsedRecord,
  toDigest,
  toSalts,
} from "@leix/protocol";
import { toExamined } from "./chain.ts";
import { CURRENT_DECIDER, DECIDER_STEPS, isAllowedDecider } from "./decider.ts";
import type { Entry, Repeat } from "./entry.ts";
import type { SignatureCheck } from "./examine.ts";
import { toDecision } from "./seal.ts";
import type { State } from "./state.ts";
import { stepNew } from "./step.ts";

/**
 * Decides a record again from the state before it. Throws `record/decided-otherwise` where the answer
 * differs, `record/decider-unknown`, `decision/engine`. Of a rejection only what the ledger tells can be
 * judged: a false one is its sender's to show, who has its text.
 */
export function decideAgain(state: State, record: ParsedRecord, entry: Entry, input: SignatureCheck): void {
  if (record.kind === "rejection") {
    refuseFalseRejection(state, entry);
    return;
  }
  const { decider } = record.decision.content;
  refuseRejectedBefore(state, record);
  const answer = findStep(state, record.kind, decider)(state, toExamined(record), input, entry.at);
  if (!isSame(state, record, answer, decider)) {
    throw otherwise(`recorded ${toSummary(entry)}; decided again ${toSummary(answer)}`);
  }
}

/** The same answer is the same payload, under the record's own salts. */
function isSame(
  state: State,
  record: Exclude<ParsedRecord, { kind: "rejection" }>,
  answer: Entry | Repeat,
  decider: Decider,
): boolean {
  if (answer.kind === "repeat" || answer.kind !== record.kind) return false;
  const salts = record.kind === "message" ? toSalts(record.decision) : [];
  const count = answer.kind === "message" ? countSalts(answer.verdict.recipients.length) : 0;
  if (salts.length !== count) return false;
  const { content } = toDecision(state, answer, decider, salts);
  const [, payload] = record.decision.jws.token.split(".", 2);
  return encodeBase64url(encodeCanonicalBytes(content)) === payload;
}

/** Released deciders stay: the one that a record names is the one that decides it again. */
function findStep(state: State, kind: ParsedRecord["kind"], decider: Decider): typeof stepNew {
  const isKnown = DECIDER_STEPS.includes(decider.step) && decider.cedar === CURRENT_DECIDER.cedar;
  if (!isKnown) throw new LeixError("record/decider-unknown", `${decider.step}, Cedar ${decider.cedar}`);
  if (kind === "message" && !isAllowedDecider(state, decider)) {
    throw otherwise(`the policy set does not allow decider ${decider.step}`);
  }
  return stepNew;
}

/**
 * What was rejected once stays rejected. An input with a body cannot be looked up: the ledger has not all
 * of it.
 */
function refuseRejectedBefore(state: State, record: Exclude<ParsedRecord, { kind: "rejection" }>): void {
  const digest = toRawDigest(record);
  const { account } = record.decision.content.input;
  const before = digest && state.rejections.get(`${account}/${digest}`);
  if (before) throw otherwise(`the same input is rejected in record ${before.index}`);
}

function toRawDigest(record: Exclude<ParsedRecord, { kind: "rejection" }>): Digest | undefined {
  const { token } = record.input;
  if (record.kind === "statement") return toDigest(encodeEnvelope({ statement: token }));
  return record.claims.body ? undefined : toDigest(encodeEnvelope({ message: token }));
}

/** The areas of the codes with which an input can be rejected; beside them the engine's own failure. */
const REJECTING = ["input", "jws", "key", "identity", "claims", "body", "message", "statement"];

function refuseFalseRejection(state: State, entry: Entry): void {
  if (entry.kind !== "rejection") throw otherwise("not a rejection");
  const { account, digest } = entry.input;
  const before = state.rejections.get(`${account}/${digest}`);
  if (before) throw otherwise(`rejected already in record ${before.index}`);
  if (!isRejecting(entry.code)) throw otherwise(`no input is rejected with ${entry.code}`);
  const isUnknown = !state.accounts.has(account);
  if (isUnknown !== (entry.code === "identity/account-unknown")) {
    throw otherwise(`rejected with ${entry.code}, but the account is ${isUnknown ? "not " : ""}known`);
  }
  if (entry.code === "message/no-policy-set" && state.policySet) throw otherwise("a policy set is in force");
}

function isRejecting(code: ErrorCode): boolean {
  return code === "decision/engine" || REJECTING.includes(code.slice(0, code.indexOf("/")));
}

function otherwise(detail: string): LeixError {
  return new LeixError("record/decided-otherwise", detail);
}

function toSummary(entry: Entry | Repeat): string {
  switch (entry.kind) {
    case "repeat":
      return `a repeat of record ${entry.index}`;
    case "rejection":
      return `rejection ${entry.code}`;
    case "statement":
      return `statement ${entry.statement.kind}`;
    case "message": {
      const { outcome, recipients } = entry.verdict;
      const all = recipients.map(({ agency, effect, reasons }) => [agency, effect, ...reasons].join(" "));
      return `${outcome} (${all.join(", ")})`;
    }
  }
}
