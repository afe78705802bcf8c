import { type CountryCode, countryOf } from "@leix/protocol";
import { type Delivery, flag, statement } from "./fact.ts";

const EXCEPTIONS = ["sensitive-investigation", "terrorism", "personal-safety"];

/** False where the country has no active single point of contact: then there is none to leave out. */
function isSpocMissing({ queries, claims }: Delivery, country: CountryCode): boolean {
  const spoc = queries.country(country)?.spoc;
  return spoc !== undefined && ![claims.iss, ...claims.to, ...claims.copies].includes(spoc);
}

/** Of all recipients, copies too, other than the sender's own. */
function listForeignCountries({ claims }: Delivery): CountryCode[] {
  const home = countryOf(claims.iss);
  const foreign = [...claims.to, ...claims.copies].map(countryOf).filter((country) => country !== home);
  return foreign.length < 2 ? foreign : [...new Set(foreign)];
}

/**
 * Copies to the single points of contact, and why they are withheld. These are of the message, the same for
 * each of its recipients: without a copy that must be there it goes to no one, as where that copy is denied.
 */
export const ROUTING_FACTS = {
  senderSpocMissing: flag(
    "The message crosses a border, and an active SPOC of the sender's country neither sends nor receives it.",
    (delivery) =>
      listForeignCountries(delivery).length > 0 && isSpocMissing(delivery, countryOf(delivery.claims.iss)),
  ),
  recipientSpocMissing: flag(
    "The message crosses a border, and the active SPOC of a country that it goes to does not receive it.",
    (delivery) => listForeignCountries(delivery).some((country) => isSpocMissing(delivery, country)),
  ),
  spocException: statement(
    "Why copies to SPOCs are withheld: sensitive-investigation, terrorism, personal-safety; else unlisted.",
    ({ claims }) => {
      const exception = claims.kind === "acknowledgement" ? undefined : claims.spocException;
      return exception === undefined || EXCEPTIONS.includes(exception) ? exception : "unlisted";
    },
  ),
  terrorism: flag(
    "The area of crime that the message states is terrorism.",
    ({ claims }) => claims.kind !== "acknowledgement" && claims.crime === "terrorism",
  ),
};
