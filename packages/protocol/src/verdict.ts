import { z } from "zod";
import { encodeUtf8 } from "./bytes.ts";
import { encodeCanonical, encodeCanonicalOnce } from "./canonical.ts";
import type {
  EventDecision,
  Lapse,
  MessageDecision,
  RecipientGrounds,
  RecipientOutcome,
  Verdict,
} from "./decision.ts";
import { invariant, LeixError } from "./errors.ts";
import type { Digest } from "./ids.ts";
import {
  GROUNDS_BYTES_MAX,
  NOTICES_MAX,
  ORIGINS_MAX,
  OUTCOME_BYTES_MAX,
  OVERDUE_MAX,
  RECIPIENTS_MAX,
} from "./limits.ts";
import { createDisclosure, type Disclosure, Salt } from "./sd-jwt.ts";

type HiddenVerdict = Pick<MessageDecision, "_sd_alg" | "_sd" | "recipients" | "grounds" | "notices">;
type HiddenLapse = Pick<EventDecision, "_sd_alg" | "overdue" | "notices">;

/** How many salts hideVerdict takes: outcome, markings, two for each recipient, one for each notice. */
export function countVerdictSalts({ recipients, notices }: Verdict): number {
  return 2 + 2 * recipients.length + notices.length;
}

/** How many salts hideLapse takes: one for each duty, one for each notice. */
export function countLapseSalts({ overdue, notices }: Lapse): number {
  return overdue.length + notices.length;
}

/**
 * Throws `decision/engine` where a verdict is larger than the limits let a decision be. Whoever decides asks
 * before anything rests on the verdict: hiding it asks again.
 */
export function verifyVerdictSize(verdict: Verdict): void {
  const { recipients, grounds, markings, notices } = verdict;
  if (recipients.length > RECIPIENTS_MAX) refuseLarger("recipients");
  if (markings.origins.length > ORIGINS_MAX) refuseLarger("origins");
  if (notices.length > NOTICES_MAX) refuseLarger("notices");
  if (recipients.some((outcome) => isLarger(encodeOutcome(outcome), OUTCOME_BYTES_MAX)))
    refuseLarger("an outcome");
  if (grounds.some((one) => isLarger(encodeGrounds(one), GROUNDS_BYTES_MAX))) refuseLarger("grounds");
}

/** Few come near: of those that do not, the length is enough. */
function isLarger(text: string, bytesMax: number): boolean {
  if (text.length * UTF8_BYTES_PER_UNIT_MAX <= bytesMax) return false;
  return encodeUtf8(text).byteLength > bytesMax;
}

/** UTF-8 takes at most three bytes for one UTF-16 code unit. */
const UTF8_BYTES_PER_UNIT_MAX = 3;

/**
 * Puts digests in place of a verdict's content. The salts are used in a fixed order (outcome, markings, each
 * recipient, each recipient's grounds, each notice), so that whoever knows them makes the same bytes again
 * from the same verdict. Throws `decision/engine` as `verifyVerdictSize` does.
 */
export function hideVerdict(
  verdict: Verdict,
  salts: readonly string[],
): { hidden: HiddenVerdict; disclosures: Disclosure[] } {
  const { outcome, markings, recipients, grounds, notices } = verdict;
  invariant(recipients.length === grounds.length, "every recipient has its grounds");
  requireSalts(salts, countVerdictSalts(verdict));
  verifyVerdictSize(verdict);
  const content: [unknown, string?][] = [
    [outcome, "outcome"],
    [markings, "markings"],
    ...[...recipients, ...grounds, ...notices].map((one): [unknown] => [one]),
  ];
  const disclosures = content.map(([value, name], i) => createDisclosure(salts[i] ?? "", value, name));
  const digests = disclosures.map((disclosure) => disclosure.digest);
  const middle = 2 + recipients.length;
  const end = middle + grounds.length;
  return {
    hidden: {
      _sd_alg: "sha-256",
      _sd: digests.slice(0, 2).toSorted(),
      recipients: digests.slice(2, middle).map(toElement),
      grounds: digests.slice(middle, end).map(toElement),
      notices: digests.slice(end).map(toElement),
    },
    disclosures,
  };
}

/**
 * What the disclosures of a decision over this verdict say, in their order and without their salts: a line
 * each.
 */
export function listDisclosedLines({ outcome, markings, recipients, grounds, notices }: Verdict): string[] {
  return [
    `"outcome",${encodeCanonical(outcome)}\n`,
    `"markings",${encodeCanonical(markings)}\n`,
    ...recipients.map((one) => `${encodeOutcome(one)}\n`),
    ...grounds.map((one) => `${encodeGrounds(one)}\n`),
    ...notices.map((one) => `${encodeCanonical(one)}\n`),
  ];
}

// The canonical texts (RFC 8785) of what is told of each recipient, members in their order. What the rules
// say is the same for many recipients: those parts are written down once.

function encodeOutcome({ agency, as, effect, obligations, reasons }: RecipientOutcome): string {
  const owed = encodeCanonicalOnce(obligations);
  const named = `"agency":${encodeCanonical(agency)},"as":"${as}","effect":"${effect}"`;
  return `{${named},"obligations":${owed},"reasons":${encodeCanonicalOnce(reasons)}}`;
}

function encodeGrounds({ agency, checked, determining, facts }: RecipientGrounds): string {
  const rules = `"checked":${encodeCanonicalOnce(checked)},"determining":${encodeCanonicalOnce(determining)}`;
  return `{"agency":${encodeCanonical(agency)},${rules},"facts":${encodeCanonicalOnce(facts)}}`;
}

/**
 * The same for an event: each overdue duty, then each notice. Throws `decision/engine` where there are more
 * than the limits let an event have; one without either is a defect, for nothing happened.
 */
export function hideLapse(
  lapse: Lapse,
  salts: readonly string[],
): { hidden: HiddenLapse; disclosures: Disclosure[] } {
  const { overdue, notices } = lapse;
  invariant(overdue.length + notices.length > 0, "an event is over a duty or a notice at least");
  requireSalts(salts, countLapseSalts(lapse));
  if (overdue.length > OVERDUE_MAX) refuseLarger("overdue duties");
  if (notices.length > NOTICES_MAX) refuseLarger("notices");
  const disclosures = [...overdue, ...notices].map((one, i) => createDisclosure(salts[i] ?? "", one));
  const elements = disclosures.map(({ digest }) => toElement(digest));
  return {
    hidden: {
      _sd_alg: "sha-256",
      overdue: elements.slice(0, overdue.length),
      notices: elements.slice(overdue.length),
    },
    disclosures,
  };
}

function refuseLarger(what: string): never {
  throw new LeixError("decision/engine", `${what} above the limit`);
}

function requireSalts(salts: readonly string[], count: number): void {
  invariant(salts.length === count, "one salt for each hidden value");
  invariant(z.array(Salt).safeParse(salts).success, "a salt is 16 bytes in base64url");
  invariant(new Set(salts).size === salts.length, "a salt is used once");
}

function toElement(digest: Digest): { "...": Digest } {
  return { "...": digest };
}
