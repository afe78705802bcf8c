import { type AgencyId, type Claims, countryOf, RefusalOption, type TermsContent } from "@leix/protocol";
import { addDays } from "./due.ts";
import { code, codes, type Delivery, flag, statement } from "./fact.ts";
import { DELAY_DAYS_MAX } from "./limits.ts";
import { findZone } from "./notices.ts";
import type { KnownRequest, Standing } from "./queries.ts";

/** Dir 6(1)(a) to (h), as P13 lists them. */
export const REFUSAL_GROUNDS: readonly string[] = [
  ...["not-available", "request-incomplete", "out-of-proportion", "authorisation-refused"],
  ...["outside-categories", "inaccurate", "national-security", "ongoing-investigation"],
  ...["person-safety", "legal-person-interests", "minor-offence", "not-an-offence", "originator-refused"],
];
/** As P10 lists them. */
export const DELAY_REASONS: readonly string[] = [
  ...["judicial-authorisation", "other-authority", "large-volume", "verification", "translation"],
  ...["technical-incident", "out-of-proportion"],
];

type Reply = Extract<Claims, { kind: "answer" | "refusal" | "clarification" | "delay" }>;

/** Any other code is one and the same, or every sender could make facts of its own. */
function toListed(code: string, list: readonly string[]): string {
  return list.includes(code) ? code : "unlisted";
}

function isReply(claims: Claims): claims is Reply {
  return ["answer", "refusal", "clarification", "delay"].includes(claims.kind);
}

/** A request that was addressed to the sender. Any other that it names is to it as if there were none. */
function toRequest({ claims, queries }: Delivery): KnownRequest | undefined {
  if (!isReply(claims)) return undefined;
  const request = queries.request(claims.re);
  return request?.standing(claims.iss) === undefined ? undefined : request;
}

function toStanding(delivery: Delivery): Standing | "none" {
  return toRequest(delivery)?.standing(delivery.claims.iss) ?? "none";
}

function isLate(delivery: Delivery): boolean {
  const due = toRequest(delivery)?.due(delivery.claims.iss);
  return due !== undefined && delivery.received >= due;
}

/** A question back that the sender was sent, about a request of its own. */
function answersClarification({ claims, queries }: Delivery): boolean {
  if (claims.kind !== "answer" || claims.re.iss === claims.iss) return false;
  const question = queries.message(claims.re);
  return question?.kind === "clarification" && question.re?.iss === claims.iss && question.holds(claims.iss);
}

/** A request that names no class of data may be for any. */
function needsJudge(delivery: Delivery): boolean {
  const { claims, queries } = delivery;
  const request = toRequest(delivery);
  if (request === undefined) return false;
  const judicial = queries.country(countryOf(claims.iss))?.judicial ?? [];
  if (request.data.length === 0) return judicial.length > 0;
  return request.data.some((one) => judicial.includes(one));
}

/** The time that runs until a delay notice, or now where that has passed. */
function toPresentDue(delivery: Delivery): number {
  const due = toRequest(delivery)?.due(delivery.claims.iss) ?? delivery.received;
  return Math.max(due, delivery.received);
}

function isDelayWithinLimit(delivery: Delivery): boolean {
  const { claims, queries } = delivery;
  if (claims.kind !== "delay") return false;
  return claims.until <= addDays(toPresentDue(delivery), DELAY_DAYS_MAX, findZone(queries, claims.iss));
}

/** None within one country. */
function findTerms({ claims, queries }: Delivery, other: AgencyId): TermsContent | undefined {
  const countries = [countryOf(claims.iss), countryOf(other)] as const;
  return countries[0] === countries[1] ? undefined : queries.terms(...countries);
}

/** Terms that are silent leave both. */
function listRefusalsLeft(delivery: Delivery): readonly string[] {
  const { claims } = delivery;
  if (claims.kind !== "refusal") return [];
  return findTerms(delivery, claims.re.iss)?.refusals ?? RefusalOption.options;
}

/** What a message answers, how that stands, and how much time there is. */
export const THREAD_FACTS = {
  deadlineProfile: statement(
    "Of a request: which limits the terms between the two countries apply; absent without terms, or " +
      "within one country.",
    (delivery) =>
      delivery.claims.kind === "request" ? findTerms(delivery, delivery.recipient)?.profile : undefined,
  ),
  requestStanding: code(
    "How the request that an answer, refusal, clarification or delay names stands with its sender: open, " +
      "clarifying (a question back is not answered yet), answered, refused; or none, where no such request " +
      "was addressed to it.",
    toStanding,
  ),
  answersClarification: flag(
    "An answer names a question back that its sender was sent about its own request.",
    answersClarification,
  ),
  askerAddressed: flag(
    "An answer, refusal, clarification or delay is addressed to whoever sent the message that it names.",
    ({ claims }) => isReply(claims) && claims.to.includes(claims.re.iss),
  ),
  limitPassed: flag("The time limit for the sender's answer to that request has passed.", isLate),
  refusalGround: statement(
    "Ground on which a request is refused; unlisted for any code that is not of the closed list.",
    ({ claims }) => (claims.kind === "refusal" ? toListed(claims.ground, REFUSAL_GROUNDS) : undefined),
  ),
  partialRefusal: flag(
    "A refusal is of a part of the request.",
    ({ claims }) => claims.kind === "refusal" && claims.partial === true,
  ),
  refusalsLeft: codes(
    "Of the grounds minor-offence and not-an-offence, those that the terms between the countries of the " +
      "refusing and the asking agency leave: both where they say nothing.",
    listRefusalsLeft,
  ),
  delayReason: statement(
    "Reason given for a delay; unlisted for any code that is not of the closed list.",
    ({ claims }) => (claims.kind === "delay" ? toListed(claims.reason, DELAY_REASONS) : undefined),
  ),
  delayAhead: flag(
    "The new date of a delay is in the future, and after the time limit that it puts off.",
    (delivery) => delivery.claims.kind === "delay" && delivery.claims.until > toPresentDue(delivery),
  ),
  delayWithinLimit: flag(
    `The new date of a delay is at most ${DELAY_DAYS_MAX} days after that limit, or after now where the ` +
      "limit has passed.",
    isDelayWithinLimit,
  ),
  judgeNeeded: flag(
    "The law of the sender's country gives out some of what the request asks for with a judge's leave " +
      "only; a request that names no class of data may ask for any.",
    needsJudge,
  ),
};
