import { z } from "zod";
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
import { DECISION_BYTES_MAX } from "./limits.ts";
import { parseSchema } from "./parse.ts";
import { createDisclosure, type Disclosure, decodeSdJwt, encodeSdJwt } from "./sd-jwt.ts";

type Hidden = Pick<MessageDecision, "_sd_alg" | "_sd" | "recipients" | "grounds">;

/** How many salts hideVerdict takes: outcome, markings, and two for each recipient. */
export function countSalts(recipients: number): number {
  return 2 + 2 * recipients;
}

/**
 * Puts digests in place of a verdict's content. The salts are used in a fixed order (outcome, markings, each
 * recipient, each recipient's grounds), so that whoever knows them makes the same bytes again from the same verdict.
 */
export function hideVerdict(
  verdict: Verdict,
  salts: readonly string[],
): { hidden: Hidden; disclosures: Disclosure[] } {
  invariant(salts.length === countSalts(verdict.recipients.length), "one salt for each hidden value");
  const content: [unknown, string?][] = [
    [verdict.outcome, "outcome"],
    [verdict.markings, "markings"],
    ...verdict.recipients.map((recipient): [unknown] => [recipient]),
    ...verdict.grounds.map((grounds): [unknown] => [grounds]),
  ];
  const disclosures = content.map(([value, name], i) => createDisclosure(salts[i] ?? "", value, name));
  const digests = disclosures.map((disclosure) => disclosure.digest);
  const toElement = (digest: Digest) => ({ "...": digest });
  const end = 2 + verdict.recipients.length;
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
 * Takes a decision apart and opens what was disclosed; the signature is the caller's to verify (`jws`). Throws
 * `decision/malformed`, `decision/disclosure` for a disclosure that nothing signed covers, and the `jws/` codes.
 */
export function openDecision(text: string): OpenDecision {
  const { jws: token, disclosures } = decodeSdJwt(text);
  const jws = parseJws(token, DECISION_TYP, DECISION_BYTES_MAX);
  const content = parseSchema(Decision, jws.payload, "decision/malformed");
  if (content.kind !== "message") {
    if (disclosures.length > 0) throw new LeixError("decision/disclosure", "nothing is hidden here");
    return {
      jws,
      content,
      outcome: undefined,
      markings: undefined,
      recipients: [],
      grounds: [],
      disclosures,
    };
  }
  const byDigest = new Map(disclosures.map((disclosure) => [disclosure.digest, disclosure]));
  const take = (digest: Digest) => {
    const found = byDigest.get(digest);
    byDigest.delete(digest);
    return found;
  };
  const members = content._sd.map(take).filter((disclosure) => disclosure !== undefined);
  const open = <T extends z.ZodType>(schema: T, elements: readonly { "...": Digest }[]): z.output<T>[] =>
    elements
      .map((element) => take(element["..."]))
      .filter((disclosure) => disclosure !== undefined)
      .map((disclosure) => {
        if (disclosure.name !== undefined)
          throw new LeixError("decision/disclosure", "a name where none belongs");
        return parseSchema(schema, disclosure.value, "decision/malformed");
      });
  const recipients = open(RecipientOutcome, content.recipients);
  const grounds = open(RecipientGrounds, content.grounds);
  if (byDigest.size > 0) throw new LeixError("decision/disclosure", "not covered by what was signed");
  return { jws, content, ...openMembers(members), recipients, grounds, disclosures };
}

function openMembers(members: readonly Disclosure[]): Pick<OpenDecision, "outcome" | "markings"> {
  const found = new Map(members.map((disclosure) => [disclosure.name, disclosure.value]));
  const known = z.strictObject({ outcome: Outcome.optional(), markings: Markings.optional() });
  const { outcome, markings } = parseSchema(known, Object.fromEntries(found), "decision/malformed");
  return { outcome, markings };
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
  const isShown = (disclosure: Disclosure) => {
    if (disclosure.name === "markings") return decision.outcome !== "denied";
    return disclosure.name === "outcome" || RecipientOutcome.safeParse(disclosure.value).success;
  };
  return encodeSdJwt(decision.jws.token, decision.disclosures.filter(isShown));
}

/** What one recipient is shown: its own outcome and the markings it has to obey. */
export function presentToRecipient(decision: OpenDecision, agency: AgencyId): string {
  const isShown = (disclosure: Disclosure) => {
    if (disclosure.name === "markings") return true;
    const outcome = RecipientOutcome.safeParse(disclosure.value);
    return outcome.success && outcome.data.agency === agency;
  };
  return encodeSdJwt(decision.jws.token, decision.disclosures.filter(isShown));
}
