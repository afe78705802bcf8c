import { flag, statement } from "./fact.ts";

const LISTED = "imminent-threat-to-life";

/** Overrides and withdrawals: acts of the sender over what restricts material. */
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
  ownConsent: flag(
    "What is withdrawn is a consent on record that the sender gave itself.",
    ({ queries, claims }) =>
      claims.kind === "consent-withdrawal" &&
      claims.re.iss === claims.iss &&
      queries.consent(claims.re) !== undefined,
  ),
};
