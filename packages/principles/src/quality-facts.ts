import { countryOf, type Markings } from "@leix/protocol";
import { codes, type Delivery, flag, statement } from "./fact.ts";
import {
  BROADCAST_ADDRESSEES_MAX,
  UNREVIEWED_AGE_SECONDS_MAX,
  UNVERIFIED_AGE_SECONDS_MAX,
} from "./limits.ts";
import { isBinding, toOwnMarkings } from "./material.ts";

const SPOC = "spoc";

/**
 * A copy to a single point of contact of either end's country is part of the exchange itself; any other copy
 * is one addressee more.
 */
function countAddressees({ claims, queries }: Delivery): number {
  if (claims.copies.length === 0) return claims.to.length;
  const ends = [claims.iss, ...claims.to].map(countryOf);
  const others = claims.copies.filter((agency) => {
    return queries.agency(agency)?.role !== SPOC || !ends.includes(countryOf(agency));
  });
  return claims.to.length + others.length;
}

/** Both lists of codes run from the strongest to the weakest, as letters and numbers do. */
function isEvaluationStrengthened({ claims, material }: Delivery): boolean {
  const { evaluation: own } = toOwnMarkings(claims);
  const { evaluation: inherited } = material.inherited;
  if (own === undefined || inherited === undefined) return false;
  return own.source < inherited.source || own.information < inherited.information;
}

/** What the sender adds of its own may be the weaker part: then the whole is as weak. */
function isEvaluationWeakened({ claims, material }: Delivery): boolean {
  const { evaluation: own } = toOwnMarkings(claims);
  const { evaluation: inherited } = material.inherited;
  if (own === undefined || inherited === undefined) return false;
  if (material.sources.some((source) => !isBinding(source, claims.iss))) return false;
  return own.source > inherited.source || own.information > inherited.information;
}

function toAsOf({ claims }: Delivery): number | undefined {
  return toOwnMarkings(claims).personal?.asOf;
}

/** The sender's own sources count too: it may set a later time for them only by sending them anew. */
function isExpired({ material, at }: Delivery): boolean {
  const hasCome = ({ deleteBy }: Markings) => deleteBy !== undefined && deleteBy <= at;
  return hasCome(material.markings) || material.sources.some(({ known }) => hasCome(known.markings));
}

/** How good the information is, whom it is about, and how long it may be kept. */
export const QUALITY_FACTS = {
  evaluationKnown: flag(
    "The message states its evaluation, or draws on material of others that has one.",
    ({ claims, material }) =>
      (toOwnMarkings(claims).evaluation ?? material.inherited.evaluation) !== undefined,
  ),
  evaluationStrengthened: flag(
    "The message draws on material of others, and states a better evaluation than the weakest of all it " +
      "draws on, in one of the two codes.",
    isEvaluationStrengthened,
  ),
  evaluationWeakened: flag(
    "The message draws on material of others and on nothing of the sender's own, and states a worse " +
      "evaluation than the weakest of all it draws on, in one of the two codes.",
    isEvaluationWeakened,
  ),
  factualStated: flag(
    "The sender says whether the personal data are fact or an assessment.",
    ({ claims }) => toOwnMarkings(claims).personal?.factual !== undefined,
  ),
  asOfStated: flag(
    "The sender says as of when the personal data held.",
    (delivery) => toAsOf(delivery) !== undefined,
  ),
  // By the sender's own clock: one that is fast makes both times later.
  asOfInFuture: flag(
    "That time is after the message was issued.",
    (delivery) => (toAsOf(delivery) ?? 0) > delivery.claims.iat,
  ),
  asOfOld: flag(
    "That time is more than half a year before the exchange received the message.",
    (delivery) => delivery.received - (toAsOf(delivery) ?? delivery.received) > UNVERIFIED_AGE_SECONDS_MAX,
  ),
  subjects: codes(
    "Categories of the persons whom the data are about, as the sender states them, and minor where one " +
      "of them is under 18.",
    ({ claims }) => {
      const subjects = toOwnMarkings(claims).personal?.subjects ?? [];
      return subjects.flatMap(({ category, minor }) => [category, ...(minor === true ? ["minor"] : [])]);
    },
  ),
  specialBasis: statement(
    "Basis on which the sender processes special categories of personal data; absent where there are none.",
    ({ claims }) => toOwnMarkings(claims).personal?.special,
  ),
  strictNecessityDeclared: flag(
    "The sender declares that the body says why these personal data are strictly necessary.",
    ({ claims }) => toOwnMarkings(claims).declares?.strictNecessity === true,
  ),
  broadcast: flag(
    `The message goes to a group, or to more than ${BROADCAST_ADDRESSEES_MAX} agencies, copies to the ` +
      "single points of contact of sender and addressees aside.",
    (delivery) => delivery.claims.group !== undefined || countAddressees(delivery) > BROADCAST_ADDRESSEES_MAX,
  ),
  deleteByKnown: flag(
    "A time is set by which the message is to be deleted: by its sender, or with what it draws on.",
    ({ material }) => material.markings.deleteBy !== undefined,
  ),
  expired: flag("The time by which the message, or a source of it, is to be deleted has come.", isExpired),
  keptLong: flag(
    "That time is more than three years after the exchange received the message.",
    ({ material, received }) =>
      (material.markings.deleteBy ?? received) - received > UNREVIEWED_AGE_SECONDS_MAX,
  ),
};
