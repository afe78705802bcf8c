import { z } from "zod";
import { type ToDigest, toDigest } from "./bytes.ts";
import {
  DECISION_TYP,
  Decision,
  type EventDecision,
  type FloodDecision,
  type Lapse,
  listTelling,
  Markings,
  type MessageDecision,
  Notice,
  Outcome,
  OverdueDuty,
  RecipientGrounds,
  RecipientOutcome,
  type Verdict,
} from "./decision.ts";
import { invariant, LeixError } from "./errors.ts";
import type { Digest } from "./ids.ts";
import { type ParsedJws, parseJws } from "./jws.ts";
import { DECISION_BYTES_MAX } from "./limits.ts";
import { parseSchema } from "./parse.ts";
import { type Disclosure, decodeSdJwt } from "./sd-jwt.ts";

/** A decision as far as its holder was shown it. */
export interface OpenDecision {
  readonly jws: ParsedJws;
  readonly content: Decision;
  readonly outcome: Outcome | undefined;
  readonly markings: Markings | undefined;
  /** What was disclosed, in the order of to, then copies. */
  readonly recipients: readonly RecipientOutcome[];
  readonly grounds: readonly RecipientGrounds[];
  /** Of an event. */
  readonly overdue: readonly OverdueDuty[];
  /** Without blanks. */
  readonly notices: readonly Notice[];
  readonly disclosures: readonly Disclosure[];
}

/**
 * Takes a decision apart and opens what was disclosed; the signature is the caller's to verify (`jws`).
 * Throws `decision/malformed`, `decision/disclosure` for a disclosure that nothing signed covers, and the
 * `jws/` and `input/` codes.
 */
export function openDecision(text: string, digest: ToDigest = toDigest): OpenDecision {
  if (text.length > DECISION_BYTES_MAX) {
    throw new LeixError("input/too-large", `decision of ${text.length} characters`);
  }
  const { jws: token, disclosures } = decodeSdJwt(text, digest);
  const jws = parseJws(token, DECISION_TYP, DECISION_BYTES_MAX, digest);
  const content = parseSchema(Decision, jws.payload, "decision/malformed");
  return { jws, content, disclosures, ...NOTHING, ...openHidden(content, disclosures) };
}

type Opened = Omit<OpenDecision, "jws" | "content" | "disclosures">;

const NOTHING: Opened = {
  outcome: undefined,
  markings: undefined,
  recipients: [],
  grounds: [],
  overdue: [],
  notices: [],
};

function openHidden(content: Decision, disclosures: readonly Disclosure[]): Partial<Opened> {
  if (content.kind === "message") return openMessage(content, disclosures);
  if (content.kind === "event") return openEvent(content, disclosures);
  if (disclosures.length > 0) throw new LeixError("decision/disclosure", "nothing is hidden here");
  if (content.kind === "flood") refuseOtherInputs(content);
  return {};
}

/** One spelling: in the order of OUT from the decision's own place on, each of them once. */
function refuseOtherInputs({ input, inputs }: FloodDecision): void {
  const [first] = inputs;
  const isFirst = first?.sequence === input.sequence && first.digest === input.digest;
  const isInOrder = inputs.every(({ sequence }, i) => i === 0 || sequence > (inputs[i - 1]?.sequence ?? 0));
  const isOnce = new Set(inputs.map(({ digest }) => digest)).size === inputs.length;
  if (!isFirst || !isInOrder || !isOnce) throw new LeixError("decision/malformed", "inputs of a flood");
}

function openMessage(content: MessageDecision, disclosures: readonly Disclosure[]): Partial<Opened> {
  const { _sd, recipients, grounds, notices } = content;
  if (recipients.length !== grounds.length) {
    throw new LeixError("decision/malformed", "not as many grounds as recipients");
  }
  const elements = [recipients, grounds, notices].map(toDigests);
  const find = matchDisclosures([_sd, ...elements], disclosures);
  return {
    ...openMembers(find(_sd)),
    recipients: openElements(RecipientOutcome, find(toDigests(recipients))),
    grounds: openElements(RecipientGrounds, find(toDigests(grounds))),
    notices: listTelling(openElements(Notice.nullable(), find(toDigests(notices)))),
  };
}

function openEvent(content: EventDecision, disclosures: readonly Disclosure[]): Partial<Opened> {
  const overdue = toDigests(content.overdue);
  const notices = toDigests(content.notices);
  if (overdue.length + notices.length === 0) throw new LeixError("decision/malformed", "nothing happened");
  const find = matchDisclosures([overdue, notices], disclosures);
  return {
    overdue: openElements(OverdueDuty, find(overdue)),
    notices: openElements(Notice, find(notices)),
  };
}

/** The digests that an array of hidden elements is signed as. */
export function toDigests(elements: readonly { "...": Digest }[]): Digest[] {
  return elements.map((element) => element["..."]);
}

/** RFC 9901 section 7.1, steps 3 and 4: a digest stands once, and every disclosure belongs to one. */
function matchDisclosures(
  places: readonly (readonly Digest[])[],
  disclosures: readonly Disclosure[],
): (digests: readonly Digest[]) => Disclosure[] {
  const all = places.flat();
  const covered = new Set(all);
  if (covered.size !== all.length) {
    throw new LeixError("decision/malformed", "a digest stands in two places");
  }
  const byDigest = new Map(disclosures.map((disclosure) => [disclosure.digest, disclosure]));
  if (disclosures.some((disclosure) => !covered.has(disclosure.digest))) {
    throw new LeixError("decision/disclosure", "not covered by what was signed");
  }
  return (digests) =>
    digests.map((digest) => byDigest.get(digest)).filter((disclosure) => disclosure !== undefined);
}

/** What `_sd` may hide. */
const Members = z.strictObject({ outcome: Outcome.optional(), markings: Markings.optional() });

function openMembers(members: readonly Disclosure[]): Pick<Opened, "outcome" | "markings"> {
  const entries = members.map(({ name, value }): [string, unknown] => [name ?? "", value]);
  if (new Set(entries.map(([name]) => name)).size !== entries.length) {
    throw new LeixError("decision/malformed", "a member is disclosed under two digests");
  }
  const { outcome, markings } = parseSchema(Members, Object.fromEntries(entries), "decision/malformed");
  return { outcome, markings };
}

function openElements<T extends z.ZodType>(schema: T, elements: readonly Disclosure[]): z.output<T>[] {
  return elements.map(({ name, value }) => {
    if (name !== undefined) throw new LeixError("decision/malformed", "a name where none belongs");
    return parseSchema(schema, value, "decision/malformed");
  });
}

/**
 * The whole content of a message's decision, its blanks behind its notices. Throws `decision/disclosure`
 * where anything is missing.
 */
export function toVerdict(decision: OpenDecision): Verdict {
  const { content, outcome, markings, recipients, grounds, notices, disclosures } = decision;
  invariant(content.kind === "message", "only a message has a verdict");
  const complete = disclosures.length === content._sd.length + listElements(content).length;
  if (outcome === undefined || markings === undefined || !complete) {
    throw new LeixError("decision/disclosure", "not all is disclosed");
  }
  const blanks = Array.from({ length: content.notices.length - notices.length }, () => null);
  return { outcome, markings, recipients, grounds, notices: [...notices, ...blanks] };
}

/** The whole content of an event's decision. Throws `decision/disclosure` where anything is missing. */
export function toLapse({ content, overdue, notices }: OpenDecision): Lapse {
  invariant(content.kind === "event", "only an event has a lapse");
  const complete = overdue.length === content.overdue.length && notices.length === content.notices.length;
  if (!complete) throw new LeixError("decision/disclosure", "not all is disclosed");
  return { overdue, notices };
}

/** The salts of a wholly disclosed decision, in the order hideVerdict and hideLapse take them. */
export function toSalts({ content, disclosures }: OpenDecision): string[] {
  const byDigest = new Map(disclosures.map((disclosure) => [disclosure.digest, disclosure.salt]));
  const named = (name: string) => disclosures.find((disclosure) => disclosure.name === name)?.salt;
  const members = content.kind === "message" ? [named("outcome"), named("markings")] : [];
  const elements = listElements(content).map((digest) => byDigest.get(digest));
  return [...members, ...elements].map((salt) => {
    if (salt === undefined) throw new LeixError("decision/disclosure", "not all is disclosed");
    return salt;
  });
}

/** The digests of a decision's hidden elements, in the order of their disclosures. */
export function listElements(content: Decision): Digest[] {
  if (content.kind === "event") return toDigests([...content.overdue, ...content.notices]);
  if (content.kind !== "message") return [];
  return toDigests([...content.recipients, ...content.grounds, ...content.notices]);
}
