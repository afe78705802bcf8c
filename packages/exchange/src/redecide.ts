import { type AccountId, type Decider, LeixError, type RejectedInput } from "@leix/protocol";
import { toDifferenceText } from "./answers-differ.ts";
import { type FactOverrides, findDecider, isAllowed } from "./decider.ts";
import { isSilent, nextDue } from "./duties.ts";
import type { Answer, Entry, Examined } from "./entry.ts";
import { isEpochOver } from "./epochs.ts";
import type { SignatureCheck } from "./examine.ts";
import type { ExaminedPlain } from "./examined-plain.ts";
import type { ExaminedRecord, RecordHead, SignedName } from "./examined-record.ts";
import { findFalsehood } from "./false-rejection.ts";
import { findOpenMinute, findRejected, isThrottled, propose } from "./flood.ts";
import { OVERDUE_GRACE_SECONDS } from "./limits.ts";
import { isSameValue } from "./same-value.ts";
import type { State } from "./state.ts";
import { stepNew } from "./step.ts";

/**
 * Decides a record again from the state before it. Throws `record/decided-otherwise` where the answer
 * differs, `record/decider-unknown`, `decision/engine`. Of a rejection only what the ledger tells can be
 * judged: a false one is its sender's to show, who has its text.
 */
export function decideAgain(state: State, record: ExaminedRecord, entry: Entry, input: SignatureCheck): void {
  const examined = toExamined(record, entry);
  if (!examined) {
    refuseFalseRejection(state, entry);
    return;
  }
  const { decider } = record.decision.content;
  refuseRejectedBefore(state, record, entry.input.account);
  const answer = stepNew(state, examined, input, entry.at, findFacts(state, decider));
  if (!record.isExact || !isSame(entry, answer)) {
    throw otherwise(explainDifference(entry, answer));
  }
}

/** Answers of one kind by what differs in them; of two kinds, each in short. */
function explainDifference(entry: Entry, answer: Answer): string {
  const [recorded, again] = [toSummary(entry), toSummary(answer)];
  const short = recorded === again ? [] : [`recorded ${recorded}; decided again ${again}`];
  if (!("index" in answer) || answer.kind !== entry.kind) return short.join();
  const places = toDifferenceText(toDecided(entry), toDecided(answer));
  return [...short, places || "the same, not in the form in which it is recorded"].join("; ");
}

/**
 * The same of a plain record: what is decided on its claims now. Throws as `decideAgain` does where that need
 * not be asked any more.
 */
export function decideMessageAgain(
  state: State,
  record: ExaminedPlain,
  input: SignatureCheck,
): Answer | undefined {
  const { place, claims, decision, input: jws } = record;
  const { account, sequence, received } = place;
  if (!jws) return undefined;
  refuseRejectedBefore(state, record, account);
  const sent = { account, sequence, received, rawDigest: jws.digest };
  const facts = findFacts(state, decision.content.decider);
  return stepNew(state, { ...sent, kind: "message", jws, claims }, input, decision.content.at, facts);
}

/** What was sent, as far as the ledger has it; undefined where it was rejected. */
function toExamined({ input: token }: ExaminedRecord, entry: Entry): Examined<SignedName> | undefined {
  const { input, received } = entry;
  const sent = { account: input.account, sequence: input.sequence, received, rawDigest: input.digest };
  switch (entry.kind) {
    case "message":
      return token && { ...sent, kind: "message", jws: token, claims: entry.claims };
    case "statement":
      return token && { ...sent, kind: "statement", jws: token, statement: entry.statement };
    case "event":
    case "seal":
      return { ...sent, kind: "tick" };
    case "rejection":
    case "flood":
      return undefined;
  }
}

/**
 * Throws `record/overdue-missing` for a record that stands where an event should: a duty was due, and known
 * to be, more than OVERDUE_GRACE_SECONDS before it, and neither is that recorded nor was the last event, not
 * longer ago, full, or a seal: a tick after an outage over the year's end is that first.
 */
export function refuseSilence(state: State, { kind, at }: Entry): void {
  const isCatchingUp = at - Math.max(state.lastFullEventAt, state.epoch.began) <= OVERDUE_GRACE_SECONDS;
  if (kind === "event" || kind === "seal" || isCatchingUp || !isSilent(state, at, OVERDUE_GRACE_SECONDS))
    return;
  throw new LeixError("record/overdue-missing", `due ${nextDue(state)}, still unrecorded at ${at}`);
}

/**
 * `record/seal-missing` for a record that stands where the seal of an epoch should, which had ended more than
 * OVERDUE_GRACE_SECONDS before. For who has folded every record: others do not know when it began.
 */
export function findMissingSeal(state: State, { kind, at }: Entry): LeixError | undefined {
  if (kind === "seal" || !isEpochOver(state, at - OVERDUE_GRACE_SECONDS)) return undefined;
  return new LeixError("record/seal-missing", `epoch ${state.epoch.number}, still open at ${at}`);
}

/**
 * The same answer is the same payload under the record's own salts. Of an exact record that is the same
 * content: its place and its token are verified, so what is left is what was decided.
 */
function isSame(entry: Entry, answer: Answer): boolean {
  if (!("index" in answer) || answer.kind === "repeat") return false;
  return isSameValue(toDecided(entry), toDecided(answer));
}

function toDecided(entry: Entry): unknown {
  const { kind, index, input, received, at } = entry;
  const place = { kind, index, input, received, at };
  switch (entry.kind) {
    case "message":
      return { ...place, ref: entry.ref, policySet: entry.policySet, verdict: entry.verdict };
    case "statement":
      return place;
    case "event":
      return { ...place, lapse: entry.lapse };
    case "seal":
      return { ...place, epoch: entry.epoch, state: entry.state };
    case "rejection":
      return { ...place, code: entry.code };
    case "flood":
      return { ...place, minute: entry.minute, inputs: entry.inputs, proposal: entry.proposal };
  }
}

/** Released deciders stay: the one that a record names is the one that decides it again. */
function findFacts(state: State, decider: Decider): FactOverrides {
  const known = findDecider(state, decider);
  if (!known) throw new LeixError("record/decider-unknown", `${decider.step}, Cedar ${decider.cedar}`);
  if (!isAllowed(state, decider)) {
    throw otherwise(`the policy set does not allow decider ${decider.step}`);
  }
  return known.facts;
}

/** What was rejected once stays rejected, as far as the ledger has the bytes that were. */
function refuseRejectedBefore(state: State, { rawDigest }: RecordHead, account: AccountId): void {
  const before = rawDigest && findRejected(state, account, rawDigest);
  if (before) throw otherwise(`the same input is rejected in record ${before.index}`);
}

/** Throws where the ledger itself says that this cannot have been rejected here, or not so. */
function refuseFalseRejection(state: State, entry: Entry): void {
  switch (entry.kind) {
    case "rejection": {
      const { account, digest } = entry.input;
      if (isThrottled(state, account, entry.at)) throw otherwise("more refusals than a minute may have");
      refuseFalsehood(state, account, { digest, code: entry.code });
      return;
    }
    case "flood": {
      const { input, at, minute, inputs, proposal } = entry;
      const { account } = input;
      if (findOpenMinute(state, account, at) !== minute) {
        throw otherwise(`minute ${minute} was not full, is not over, or has its summary`);
      }
      if (!isSameValue(proposal, propose(state, account, minute))) throw otherwise("another proposal");
      for (const one of inputs) refuseFalsehood(state, account, one);
      return;
    }
    default:
      throw otherwise("not a rejection");
  }
}

function refuseFalsehood(
  state: State,
  account: AccountId,
  { digest, code }: Pick<RejectedInput, "digest" | "code">,
): void {
  const before = findRejected(state, account, digest);
  if (before) throw otherwise(`rejected already in record ${before.index}`);
  const falsehood = findFalsehood(state, account, code);
  if (falsehood !== undefined) throw otherwise(falsehood);
}

function otherwise(detail: string): LeixError {
  return new LeixError("record/decided-otherwise", detail);
}

function toSummary(entry: Answer): string {
  switch (entry.kind) {
    case "repeat":
      return `a repeat of record ${entry.index}`;
    case "rejection":
      return `rejection ${entry.code}`;
    case "flood":
      return `flood (${entry.inputs.length} inputs)`;
    case "throttled":
      return `rejection ${entry.code}, above what a minute may have`;
    case "deferred":
      return `a denial above what a minute may have, which waits until ${entry.until}`;
    case "event":
      return `event (${entry.lapse.overdue.length} overdue)`;
    case "seal":
      return `seal of epoch ${entry.epoch} over state ${entry.state}`;
    case "nothing-due":
      return "nothing due";
    case "statement":
      return `statement ${entry.statement.kind}`;
    case "message": {
      const { outcome, recipients, grounds } = entry.verdict;
      const all = recipients.map(({ agency, effect, reasons }, i) => {
        const rules = grounds[i]?.determining ?? [];
        return [agency, effect, ...reasons, "by", rules.join(" and ") || "no rule"].join(" ");
      });
      return `${outcome} (${all.join(", ")})`;
    }
  }
}
