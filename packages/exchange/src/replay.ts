import {
  type Decider,
  encodeCanonical,
  isErrorCode,
  LeixError,
  type ParsedRecord,
  parseRecord,
  toSalts,
  toVerdict,
  verifyJws,
} from "@leix/protocol";
import { DECIDER_STEPS } from "./decider.ts";
import type { Entry, Examined } from "./entry.ts";
import { checkSignature } from "./examine.ts";
import { fold } from "./fold.ts";
import { toDecision } from "./seal.ts";
import type { State } from "./state.ts";
import { step } from "./step.ts";

/** What a record says happened, taken from its signed content without deciding anything. */
export function toEntry(record: ParsedRecord): Entry {
  const { content } = record.decision;
  const { index, input, received, at } = content;
  const place = { index, input, received, at };
  if (record.kind === "message") {
    if (content.kind !== "message") throw new LeixError("record/input", "decision of another kind");
    const { claims } = record;
    const ref = { iss: claims.iss, id: claims.id, digest: record.input.digest };
    if (content.message.iss !== ref.iss || content.message.id !== ref.id)
      throw new LeixError("record/input", "id");
    const verdict = toVerdict(record.decision);
    return { ...place, kind: "message", claims, ref, policySet: content.policySet, verdict };
  }
  if (record.kind === "statement") return { ...place, kind: "statement", statement: record.statement };
  if (content.kind !== "rejection") throw new LeixError("record/input", "decision of another kind");
  return { ...place, kind: "rejection", code: content.code, detail: "" };
}

/**
 * Follows the ledger without deciding again: what the policy service does with its own ledger, and every follower.
 * Checks form, place, chain, time and the policy service's signature. Throws the `record/` and `jws/` codes.
 */
export async function follow(state: State, bytes: Uint8Array): Promise<ParsedRecord> {
  const record = parseRecord(bytes);
  await verifyPlace(state, record);
  fold(state, toEntry(record), record.decision.jws.digest);
  return record;
}

/**
 * Follows one record and decides it again from the state before it. Throws `record/decided-otherwise` where the
 * answer differs. The text of a rejected input is not in the ledger: a false rejection is its sender's to show.
 */
export async function audit(state: State, bytes: Uint8Array): Promise<ParsedRecord> {
  const record = parseRecord(bytes);
  await verifyPlace(state, record);
  const entry = toEntry(record);
  if (record.kind === "rejection") refuseRepeatedRejection(state, entry);
  else await decideAgain(state, record, entry);
  fold(state, entry, record.decision.jws.digest);
  return record;
}

/**
 * Follows one statement of a part of the ledger: what members are given, in order but with gaps. It is decided again
 * from the statements before it, so no service has to be believed about who is a member and with which keys.
 */
export async function auditStatement(state: State, bytes: Uint8Array): Promise<ParsedRecord> {
  const { decision, kind } = parseRecord(bytes);
  if (kind !== "statement") throw new LeixError("record/malformed", "not a statement");
  const { head } = state;
  const { index, prev } = decision.content;
  if (index < head.index) throw new LeixError("record/index", `${index} after ${head.index}`);
  state.head = { ...head, index, prev };
  try {
    return await audit(state, bytes);
  } catch (error) {
    state.head = head;
    throw error;
  }
}

async function verifyPlace(state: State, record: ParsedRecord): Promise<void> {
  const { content } = record.decision;
  const { head, trust } = state;
  if (content.aud !== trust.aud) throw new LeixError("claims/audience", content.aud);
  if (content.index !== head.index) throw new LeixError("record/index", `${content.index} at ${head.index}`);
  if (content.prev !== head.prev) throw new LeixError("record/chain", `at ${head.index}`);
  if (content.at < head.at) throw new LeixError("record/time", `at ${head.index}`);
  await verifyPolicySignature(state, record);
}

async function verifyPolicySignature(state: State, record: ParsedRecord): Promise<void> {
  const { jws, content } = record.decision;
  const owned = state.keys.get(jws.header.kid);
  const first =
    state.head.index === 0 && record.kind === "statement" && record.statement.kind === "anchor"
      ? record.statement.policyKeys.find((key) => key.kid === jws.header.kid)
      : undefined;
  const key = owned?.party === "policy" && !owned.withdrawn ? owned.key : first;
  if (!key) throw new LeixError("jws/key-unknown", `kid ${jws.header.kid} is not the policy service's`);
  if (content.at < key.nbf || content.at >= key.exp)
    throw new LeixError("jws/key-not-valid", `kid ${key.kid}`);
  await verifyJws(jws, key);
}

async function decideAgain(
  state: State,
  record: Exclude<ParsedRecord, { kind: "rejection" }>,
  entry: Entry,
): Promise<void> {
  const { decider } = record.decision.content;
  const answer = findStep(decider)(
    state,
    toExamined(record),
    await checkSignature(toExamined(record), state),
    entry.at,
  );
  if (answer.kind === "repeat") throw new LeixError("record/decided-otherwise", "recorded twice");
  const salts = record.kind === "message" ? toSalts(record.decision) : [];
  const isSameKind = answer.kind === record.kind;
  const again = isSameKind ? toDecision(state, answer, decider, salts).content : undefined;
  if (!again || encodeCanonical(again) !== encodeCanonical(record.decision.content)) {
    throw new LeixError("record/decided-otherwise", toDifference(entry, answer));
  }
}

/** Both answers and the rules that differ, in one line. */
function toDifference(recorded: Entry, again: Entry): string {
  return `recorded ${toSummary(recorded)}; decided again ${toSummary(again)}`;
}

function toSummary(entry: Entry): string {
  if (entry.kind === "rejection") return `rejection ${entry.code}`;
  if (entry.kind === "statement") return `statement ${entry.statement.kind}`;
  const recipients = entry.verdict.recipients.map(
    (one) => `${one.agency} ${one.effect} ${one.reasons.join("+")}`,
  );
  return `${entry.verdict.outcome} (${recipients.join(", ")})`;
}

/** Released deciders stay: the one that a record names is the one that decides it again. */
function findStep(decider: Decider): typeof step {
  if (!DECIDER_STEPS.includes(decider.step)) throw new LeixError("record/decider-unknown", decider.step);
  return step;
}

function toExamined(record: Exclude<ParsedRecord, { kind: "rejection" }>): Examined {
  const { input, received } = record.decision.content;
  const sent = { account: input.account, sequence: input.sequence, received, rawDigest: input.digest };
  if (record.kind === "message")
    return { ...sent, kind: "message", jws: record.input, claims: record.claims };
  return { ...sent, kind: "statement", jws: record.input, statement: record.statement };
}

function refuseRepeatedRejection(state: State, entry: Entry): void {
  const isRepeated = state.rejections.has(`${entry.input.account}/${entry.input.digest}`);
  const isKnown = entry.kind === "rejection" && isErrorCode(entry.code);
  if (isRepeated || !isKnown) throw new LeixError("record/decided-otherwise", "rejected twice");
}
