import { type Delivery, flag, statement } from "./fact.ts";

const LISTED = "imminent-threat-to-life";

/**
 * Whether the sender of a request for consent holds what it asks for, or a message made from it, and has the
 * agency that it comes from among the addressees. What the sender does not hold is the same as what is not.
 */
function asksOriginator({ claims, queries }: Delivery): boolean {
  if (claims.kind !== "consent-request" || !claims.to.includes(claims.of.iss)) return false;
  return queries.copies(claims.of).some(({ agency }) => agency === claims.iss);
}

/** Overrides, consents and withdrawals: acts of the sender over what restricts material. */
export const OVERRIDE_FACTS = {
  override: statement(
    `Ground on which the sender overrides restrictions: ${LISTED}, or unlisted for any other code.`,
    ({ claims }) => {
      if (claims.kind !== "notification" || claims.override === undefined) return undefined;
      return claims.override.code === LISTED ? LISTED : "unlisted";
    },
  ),
  justificationDeclared: flag(
    "The sender of an override declares that the body holds its justification.",
    ({ claims }) =>
      claims.kind === "notification" &&
      claims.override !== undefined &&
      claims.declares?.justification === true,
  ),
  asksOriginator: flag(
    "A request for consent is over a message that its sender holds, or has something made from, and is " +
      "addressed to the agency that the message comes from.",
    asksOriginator,
  ),
  grantsOwn: flag(
    "A consent is over a message of this very sender that is on record.",
    ({ claims, queries }) =>
      claims.kind === "consent" &&
      claims.grant.of.iss === claims.iss &&
      queries.message(claims.grant.of) !== undefined,
  ),
  grantAhead: flag(
    "A consent ends at a time to come.",
    ({ claims, at }) => claims.kind === "consent" && claims.grant.until > at,
  ),
  ownConsent: flag(
    "What is withdrawn is a consent on record that the sender gave itself.",
    ({ queries, claims }) =>
      claims.kind === "consent-withdrawal" &&
      claims.re.iss === claims.iss &&
      queries.consent(claims.re) !== undefined,
  ),
};
