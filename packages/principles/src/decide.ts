import {
  type AgencyId,
  type Claims,
  countryOf,
  type MessageRef,
  type Notice,
  type Obligation,
  type PolicyId,
  type RecipientOutcome,
  type Verdict,
} from "@leix/protocol";
import { createDues } from "./due.ts";
import { type FactOverrides, listFacts } from "./facts.ts";
import type { Duty } from "./judgement.ts";
import { NOTICE_STEPS } from "./limits.ts";
import { toMaterial } from "./material.ts";
import { findZone, toNotices } from "./notices.ts";
import type { PolicySet, ToldJudgement } from "./policy-set.ts";
import type { Queries } from "./queries.ts";
import { rememberAnswers } from "./remembered-queries.ts";

interface Judged extends ToldJudgement {
  readonly agency: AgencyId;
  readonly as: RecipientOutcome["as"];
}

/** NumericDates: when the exchange received the message, and when it is judged. */
export interface Times {
  readonly received: number;
  readonly at: number;
}

/**
 * Judges a verified message, `ref` being its own reference, for each recipient on its own, in the order of
 * `to`, then `copies`. A denied mandatory copy denies the message to all. Depends on nothing but its
 * arguments, and gives the same bytes for the same ones, most members in their canonical order, which is
 * quicker to write down. Throws `decision/engine` where Cedar reports a failure, which is never a permit; an
 * error without a code is fatal (see `Engine`).
 */
export function decide(
  set: PolicySet,
  state: Queries,
  claims: Claims,
  ref: MessageRef,
  { received, at }: Times,
  overrides: FactOverrides = AS_RELEASED,
): Verdict {
  const queries = rememberAnswers(state);
  const material = toMaterial(queries, claims, ref);
  const names = set.reads(claims.kind);
  const judged = toRecipients(claims).map(({ agency, as }): Judged => {
    const delivery = { queries, claims, recipient: agency, as, received, at, material };
    return { agency, as, ...set.judgeListed(claims.kind, listFacts(delivery, overrides, names)) };
  });
  const stopping = judged.filter((one) => one.effect === "deny" && isMandatory(queries, claims, one));
  const final = stopping.length === 0 ? judged : judged.map((one) => stop(one, stopping));
  const permitted = final.filter(({ effect }) => effect === "permit");
  const dues = createDues(received);
  return {
    outcome: toOutcome(final),
    markings: material.markings,
    recipients: final.map(({ agency, as, effect, reasons, duties }) => {
      const obligations = duties.flatMap((duty) => toObligation(queries, duty, claims.iss, agency, dues));
      return { agency, as, effect, obligations, reasons };
    }),
    grounds: final.map(({ agency, checked, determining, facts }) => ({
      agency,
      checked,
      determining,
      facts,
    })),
    notices: pad(claims, permitted, toNotices({ queries, claims, ref, received, material }, permitted)),
  };
}

/** Nothing is derived otherwise than this program derives it. */
const AS_RELEASED: FactOverrides = {};

/**
 * How many are told stands in the decision that the sender and every recipient get, as so many digests. Where
 * that would say how far something went that others passed on, blanks fill it up to a step: to its reader,
 * who sees a digest, a blank is a notice. Auditors find it in the ledger as null.
 */
function pad(
  { kind }: Claims,
  permitted: readonly Judged[],
  notices: readonly Notice[],
): readonly (Notice | null)[] {
  if (permitted.length === 0 || (kind !== "correction" && kind !== "consent-withdrawal")) return notices;
  const step = NOTICE_STEPS.find((one) => one >= notices.length) ?? notices.length;
  return [...notices, ...Array.from({ length: step - notices.length }, () => null)];
}

function toRecipients({ to, copies }: Claims): { agency: AgencyId; as: RecipientOutcome["as"] }[] {
  return [
    ...to.map((agency) => ({ agency, as: "to" as const })),
    ...copies.map((agency) => ({ agency, as: "copy" as const })),
  ];
}

/**
 * What crosses a border reaches the active single point of contact of each country that it concerns (Dir
 * 4(2), 8): were that delivery dropped, direct traffic would pass unseen by those who answer for it. So it is
 * mandatory however it is addressed, and whoever else is addressed as P03 counts them, copies too. Alone in
 * its country it is a recipient like any other.
 */
function isMandatory(queries: Queries, claims: Claims, { agency, as }: Judged): boolean {
  const party = queries.agency(agency);
  if (party?.role !== "spoc" || party.status !== "active") return false;
  const others = [...claims.to, ...claims.copies].filter((one) => one !== agency).map(countryOf);
  const home = countryOf(claims.iss);
  if (party.country !== home) return others.includes(party.country);
  return as === "copy" || others.some((country) => country !== home);
}

/**
 * What a denied mandatory copy makes of all, itself among them: what would have passed, and what is denied
 * for a reason withheld, read the same. Or a sender could add a copy that is known to be denied, and read of
 * everyone else, the other copies too, who is cleared, while nothing is delivered that would tell of the
 * question. The rules that denied the copy determine what would have passed.
 */
function stop(one: Judged, stopping: readonly Judged[]): Judged {
  if (one.effect === "deny") {
    return one.reasons.includes("withheld") ? { ...one, reasons: ["mandatory-copy-denied"] } : one;
  }
  const rules = new Set<PolicyId | "base">(stopping.flatMap(({ determining }) => determining));
  return {
    ...one,
    effect: "deny",
    reasons: ["mandatory-copy-denied"],
    determining: [...rules].sort(),
    duties: [],
  };
}

/** None for parties that are told by notices. */
function toObligation(
  queries: Queries,
  { rule, name, party, term }: Duty,
  sender: AgencyId,
  recipient: AgencyId,
  dues: ReturnType<typeof createDues>,
): Obligation[] {
  if (party !== "sender" && party !== "recipient") return [];
  const owing = party === "sender" ? sender : recipient;
  const due = term === undefined ? {} : dues(term, findZone(queries, owing));
  return [{ duty: name, ...due, party: owing, rule }];
}

function toOutcome(judged: readonly Judged[]): Verdict["outcome"] {
  const permitted = judged.filter(({ effect }) => effect === "permit").length;
  if (permitted === 0) return "denied";
  return permitted === judged.length ? "permitted" : "partly-permitted";
}
