import { z } from "zod";
import { encodeCanonicalBytes } from "./canonical.ts";
import {
  DECISION_TYP,
  Decision,
  Markings,
  type MessageDecision,
  Outcome,
  RecipientGrounds,
  RecipientOutcome,
  type Verdict,
} from "./decision.ts";
import { invariant, LeixError } from "./errors.ts";
import type { AgencyId, Digest } from "./ids.ts";
import { type ParsedJws, parseJws } from "./jws.ts";
import {
  DECISION_BYTES_MAX,
  GROUNDS_BYTES_MAX,
  ORIGINS_MAX,
  OUTCOME_BYTES_MAX,
  RECIPIENTS_MAX,
} from "./limits.ts";
import { parseSchema } from "./parse.ts";
import { createDisclosure, type Disclosure, decodeSdJwt, encodeSdJwt, Salt } from "./sd-jwt.ts";

type Hidden = Pick<MessageDecision, "_sd_alg" | "_sd" | "recipients" | "grounds">;

/** How many salts hideVerdict takes: outcome, markings, and two for each recipient. */
export function countSalts(recipients: number): number {
  return 2 + 2 * recipients;
}

/**
 * Throws `decision/engine` where a verdict is larger than the limits let a decision be. Whoever decides asks
 * before anything rests on the verdict: hiding it asks again.
 */
export function verifyVerdictSize(verdict: Verdict): void {
  const { recipients, grounds, markings } = verdict;
  const refuse = (what: string) => {
    throw new LeixError("decision/engine", `${what} above the limit`);
  };
  const isLarger = (value: unknown, bytesMax: number) => encodeCanonicalBytes(value).byteLength > bytesMax;
  if (recipients.length > RECIPIENTS_MAX) refuse("recipients");
  if (markings.origins.length > ORIGINS_MAX) refuse("origins");
  if (recipients.some((outcome) => isLarger(outcome, OUTCOME_BYTES_MAX))) refuse("an outcome");
  if (grounds.some((one) => isLarger(one, GROUNDS_BYTES_MAX))) refuse("grounds");
}

/**
 * Puts digests in place of a verdict's content. The salts are used in a fixed order (outcome, markings, each
 * recipient, each recipient's grounds), so that whoever knows them makes the same bytes again from the same
 * verdict. Throws `decision/engine` as `verifyVerdictSize` does.
 */
export function hideVerdict(
  verdict: Verdict,
  salts: readonly string[],
): { hidden: Hidden; disclosures: Disclosure[] } {
  const { outcome, markings, recipients, grounds } = verdict;
  invariant(recipients.length === grounds.length, "every recipient has its grounds");
  invariant(salts.length === countSalts(recipients.length), "one salt for each hidden value");
  invariant(z.array(Salt).safeParse(salts).success, "a salt is 16 bytes in base64url");
  invariant(new Set(salts).size === salts.length, "a salt is used once");
  verifyVerdictSize(verdict);
  const content: [unknown, string?][] = [
    [outcome, "outcome"],
    [markings, "markings"],
    ...[...recipients, ...grounds].map((one): [unknown] => [one]),
  ];
  const disclosures = content.map(([value, name], i) => createDisclosure(salts[i] ?? "", value, name));
  const digests = disclosures.map((disclosure) => disclosure.digest);
  const toElement = (digest: Digest) => ({ "...": digest });
  const end = 2 + recipients.length;
  return {
    hidden: {
      _sd_alg: "sha-256",
      _sd: digests.slice(0, 2).toSorted(),
      recipients: digests.slice(2, end).map(toElement),
      grounds: digests.slice(end).map(toElement),
    },
    disclosures,
  };
}

/** A decision as far as its holder was shown it. */
export interface OpenDecision {
  readonly jws: ParsedJws;
  readonly content: Decision;
  readonly outcome: Outcome | undefined;
  readonly markings: Markings | undefined;
  /** What was disclosed, in the order of to, then copies. */
  readonly recipients: readonly RecipientOutcome[];
  readonly grounds: readonly RecipientGrounds[];
  readonly disclosures: readonly Disclosure[];
}

/**
 * Takes a decision apart and opens what was disclosed; the signature is the caller's to verify (`jws`).
 * Throws `decision/malformed`, `decision/disclosure` for a disclosure that nothing signed covers, and the
 * `jws/` and `input/` codes.
 */
export function openDecision(text: string): OpenDecision {
  if (text.length > DECISION_BYTES_MAX) {
    throw new LeixError("input/too-large", `decision of ${text.length} characters`);
  }
  const { jws: token, disclosures } = decodeSdJwt(text);
  const jws = parseJws(token, DECISION_TYP, DECISION_BYTES_MAX);
  const content = parseSchema(Decision, jws.payload, "decision/malformed");
  if (content.kind === "message") return { jws, content, disclosures, ...openHidden(content, disclosures) };
  if (disclosures.length > 0) throw new LeixError("decision/disclosure", "nothing is hidden here");
  return { jws, content, disclosures, outcome: undefined, markings: undefined, recipients: [], grounds: [] };
}

type Opened = Pick<OpenDecision, "outcome" | "markings" | "recipients" | "grounds">;

/** RFC 9901 section 7.1, steps 3 and 4, for the two places where this profile hides something. */
function openHidden(content: MessageDecision, disclosures: readonly Disclosure[]): Opened {
  const recipients = content.recipients.map((element) => element["..."]);
  const grounds = content.grounds.map((element) => element["..."]);
  const covered = new Set([...content._sd, ...recipients, ...grounds]);
  if (covered.size !== content._sd.length + recipients.length + grounds.length) {
    throw new LeixError("decision/malformed", "a digest stands in two places");
  }
  if (recipients.length !== grounds.length) {
    throw new LeixError("decision/malformed", "not as many grounds as recipients");
  }
  const byDigest = new Map(disclosures.map((disclosure) => [disclosure.digest, disclosure]));
  if (disclosures.some((disclosure) => !covered.has(disclosure.digest))) {
    throw new LeixError("decision/disclosure", "not covered by what was signed");
  }
  const find = (digests: readonly Digest[]) =>
    digests.map((digest) => byDigest.get(digest)).filter((disclosure) => disclosure !== undefined);
  return {
    ...openMembers(find(content._sd)),
    recipients: openElements(RecipientOutcome, find(recipients)),
    grounds: openElements(RecipientGrounds, find(grounds)),
  };
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

/** The whole content of a message's decision. Throws `decision/disclosure` where anything is missing. */
export function toVerdict(decision: OpenDecision): Verdict {
  const { content, outcome, markings, recipients, grounds } = decision;
  invariant(content.kind === "message", "only a message has a verdict");
  const complete =
    recipients.length === content.recipients.length && grounds.length === content.grounds.length;
  if (outcome === undefined || markings === undefined || !complete) {
    throw new LeixError("decision/disclosure", "not all is disclosed");
  }
  return { outcome, markings, recipients, grounds };
}

/** The salts of a wholly disclosed decision, in the order hideVerdict takes them. */
export function toSalts(decision: OpenDecision): string[] {
  const { content, disclosures } = decision;
  invariant(content.kind === "message", "only a message has a verdict");
  const byDigest = new Map(disclosures.map((disclosure) => [disclosure.digest, disclosure.salt]));
  const named = (name: string) => disclosures.find((disclosure) => disclosure.name === name)?.salt;
  const elements = [...content.recipients, ...content.grounds].map((element) => byDigest.get(element["..."]));
  return [named("outcome"), named("markings"), ...elements].map((salt) => {
    if (salt === undefined) throw new LeixError("decision/disclosure", "not all is disclosed");
    return salt;
  });
}

/** What the sender is shown: every outcome; the markings only where something was let through. */
export function presentToSender(decision: OpenDecision): string {
  const outcomes = listOutcomeDigests(decision);
  const isLetThrough = decision.outcome !== undefined && decision.outcome !== "denied";
  return present(decision, ({ name, digest }) => {
    if (name === "markings") return isLetThrough;
    return name === "outcome" || outcomes.has(digest);
  });
}

/**
 * What one recipient is shown: its own outcome and, where it is let through to, the markings it has to obey.
 */
export function presentToRecipient(decision: OpenDecision, agency: AgencyId): string {
  const outcomes = listOutcomeDigests(decision);
  const isPermitted = decision.recipients.some((one) => one.agency === agency && one.effect === "permit");
  return present(decision, ({ name, digest, value }) => {
    if (name === "markings") return isPermitted;
    return outcomes.has(digest) && RecipientOutcome.safeParse(value).data?.agency === agency;
  });
}

function listOutcomeDigests({ content }: OpenDecision): ReadonlySet<Digest> {
  return new Set(content.kind === "message" ? content.recipients.map((element) => element["..."]) : []);
}

function present(decision: OpenDecision, isShown: (disclosure: Disclosure) => boolean): string {
  return encodeSdJwt(decision.jws.token, decision.disclosures.filter(isShown));
}
