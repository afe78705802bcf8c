import { type AgencyId, type Claims, countryOf } from "@leix/protocol";
import { code, type Delivery, flag } from "./fact.ts";
import type { KnownRequest } from "./queries.ts";

type Request = Extract<Claims, { kind: "request" }>;
type Declared = keyof NonNullable<Request["declares"]>;

function toRequest({ claims }: Delivery): Request | undefined {
  return claims.kind === "request" ? claims : undefined;
}

function isDeclared(delivery: Delivery, text: Declared): boolean {
  return toRequest(delivery)?.declares?.[text] === true;
}

/** Of the kinds that are asked for it: so that what no principle asks about tells no two messages apart. */
function isCrimeStated({ claims }: Delivery): boolean {
  return (claims.kind === "request" || claims.kind === "notification") && claims.crime !== undefined;
}

/** An agency of the recipient's country has yet to answer it, or waits for a clarification. */
function isOpenThere({ recipient }: Delivery, request: KnownRequest): boolean {
  const asked = request.to.filter((agency) => countryOf(agency) === countryOf(recipient));
  return asked.some((agency) => ["open", "clarifying"].includes(request.standing(agency) ?? ""));
}

/** A request without `re` opens a thread of its own; of two with `re` no thread is compared. */
function isElsewhere({ queries, claims }: Delivery, { ref }: KnownRequest): boolean {
  if (claims.kind !== "request" || claims.re === undefined) return true;
  return ref.id !== claims.thread && queries.message(ref)?.re === undefined;
}

/** The agency, or its country's active single point of contact, holds the request. */
function isHeldFor({ queries }: Delivery, agency: AgencyId, { ref }: KnownRequest): boolean {
  const { spoc } = queries.country(countryOf(agency)) ?? {};
  const message = queries.message(ref);
  return message?.holds(agency) === true || (spoc !== undefined && message?.holds(spoc) === true);
}

/**
 * Across a border only. A crime that neither states is the same. What is not held for the sender, or not for
 * the recipient, is not counted: the duty stands in the outcome, which both are shown.
 */
function isAskedElsewhere(delivery: Delivery): boolean {
  const { queries, claims, recipient } = delivery;
  const [from, to] = [countryOf(claims.iss), countryOf(recipient)];
  if (claims.kind !== "request" || claims.case === undefined || from === to) return false;
  return queries
    .openRequests(claims.case, from)
    .filter(({ crime }) => crime === claims.crime)
    .filter((request) => isOpenThere(delivery, request) && isElsewhere(delivery, request))
    .some((request) => [claims.iss, recipient].every((agency) => isHeldFor(delivery, agency, request)));
}

/** Whether a request or a spontaneous message says all it must, and how urgent a request is. */
export const REQUEST_FACTS = {
  crimeStated: flag("A request or notification states its area of crime.", isCrimeStated),
  offenceStated: flag("A request says something of the offence beside its area of crime.", (delivery) =>
    Object.values(toRequest(delivery)?.offence ?? {}).some((value) => value !== undefined),
  ),
  eawListed: flag(
    "A request states that the offence is on the list of the European Arrest Warrant.",
    (delivery) => toRequest(delivery)?.offence?.eawListed === true,
  ),
  factsDeclared: flag("A request declares that its body sets out the facts.", (delivery) =>
    isDeclared(delivery, "facts"),
  ),
  groundsDeclared: flag(
    "A request declares that its body says why the information is believed to be there.",
    (delivery) => isDeclared(delivery, "grounds"),
  ),
  useRestrictionDeclared: flag(
    "A request declares that its body says how far the request itself may be used.",
    (delivery) => isDeclared(delivery, "useRestriction"),
  ),
  personLinkDeclared: flag(
    "A request declares that its body links the persons it names to its purpose.",
    (delivery) => isDeclared(delivery, "personLink"),
  ),
  relevanceDeclared: flag(
    "A notification declares that its body says why it matters to the recipient.",
    ({ claims }) => claims.kind === "notification" && claims.declares?.relevance === true,
  ),
  urgencyClaimed: flag(
    "A request is called urgent, on whatever ground or none.",
    (delivery) => toRequest(delivery)?.urgency !== undefined,
  ),
  urgent: flag(
    "A request is called urgent on a listed ground and declares the reason; any other is not urgent.",
    (delivery) => toRequest(delivery)?.urgency?.ground !== undefined && isDeclared(delivery, "urgencyReason"),
  ),
  access: code(
    "How the requested authority reaches what is asked for: direct, indirect, or unstated.",
    (delivery) => toRequest(delivery)?.access ?? "unstated",
  ),
  askedElsewhere: flag(
    "The sender's country has an open request of the same case and crime to the recipient's, in another " +
      "thread; on either side the sender or recipient itself, or the SPOC of its country, holds it.",
    isAskedElsewhere,
  ),
};
