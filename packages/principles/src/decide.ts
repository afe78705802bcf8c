import {
  type AgencyId,
  type Claims,
  countryOf,
  type MessageRef,
  type Obligation,
  type RecipientOutcome,
  type RuleId,
  type Verdict,
} from "@leix/protocol";
import { type Facts, toFacts } from "./facts.ts";
import type { Judgement } from "./judgement.ts";
import { toMaterial } from "./material.ts";
import type { PolicySet } from "./policy-set.ts";
import type { Queries } from "./queries.ts";

interface Judged extends Judgement {
  readonly agency: AgencyId;
  readonly as: RecipientOutcome["as"];
  readonly facts: Facts;
}

/**
 * Judges a verified message, `ref` being its own reference, for each recipient on its own, in the order of
 * `to`, then `copies`. A denied mandatory copy denies the message to all. Depends on nothing but its
 * arguments, and gives the same bytes for the same ones. Throws `decision/engine` where Cedar reports a
 * failure, which is never a permit; an error without a code is fatal (see `Engine`).
 */
export function decide(
  set: PolicySet,
  queries: Queries,
  claims: Claims,
  ref: MessageRef,
  at: number,
): Verdict {
  const material = toMaterial(queries, claims, ref);
  const judged = toRecipients(claims).map(({ agency, as }): Judged => {
    const facts = toFacts({ queries, claims, recipient: agency, as, at, material });
    return { agency, as, facts, ...set.judge(claims.kind, facts) };
  });
  const stopping = judged.filter((one) => one.effect === "deny" && isMandatory(queries, claims, one));
  const final = stopping.length === 0 ? judged : judged.map((one) => stop(one, stopping));
  return {
    outcome: toOutcome(final),
    markings: material.markings,
    recipients: final.map(({ agency, as, effect, reasons, duties }) => {
      const obligations = duties.map((duty) => toObligation(duty, claims.iss, agency));
      return { agency, as, effect, reasons, obligations };
    }),
    grounds: final.map(({ agency, determining, checked, facts }) => {
      return { agency, determining, checked, facts };
    }),
  };
}

function toRecipients({ to, copies }: Claims): { agency: AgencyId; as: RecipientOutcome["as"] }[] {
  return [
    ...to.map((agency) => ({ agency, as: "to" as const })),
    ...copies.map((agency) => ({ agency, as: "copy" as const })),
  ];
}

/**
 * The copy to an active single point of contact of the sender's country, or of a recipient's, is part of
 * the exchange itself (Dir 4(2), 8): were it dropped, direct traffic would pass unseen by those who answer
 * for it.
 */
function isMandatory(queries: Queries, claims: Claims, { agency, as }: Judged): boolean {
  const party = queries.agency(agency);
  if (as !== "copy" || party?.role !== "spoc" || party.status !== "active") return false;
  return [claims.iss, ...claims.to].some((end) => countryOf(end) === party.country);
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
  const rules = new Set<RuleId>(stopping.flatMap(({ determining }) => determining));
  return {
    ...one,
    effect: "deny",
    reasons: ["mandatory-copy-denied"],
    determining: [...rules].sort(),
    duties: [],
  };
}

function toObligation(duty: Judged["duties"][number], sender: AgencyId, recipient: AgencyId): Obligation {
  return { rule: duty.rule, duty: duty.name, party: duty.party === "sender" ? sender : recipient };
}

function toOutcome(judged: readonly Judged[]): Verdict["outcome"] {
  const permitted = judged.filter(({ effect }) => effect === "permit").length;
  if (permitted === 0) return "denied";
  return permitted === judged.length ? "permitted" : "partly-permitted";
}
