import { type ConsentPermit, countryOf, limits, type Markings, toClassificationRank } from "@leix/protocol";
import { codes, type Delivery, flag } from "./fact.ts";
import { type Origin, type Source, toOwnMarkings, uniteOrigins } from "./material.ts";
import type { KnownConsent } from "./queries.ts";

/** A message on its way to a recipient, however it is addressed and whenever it is judged. */
type Passing = Omit<Delivery, "as" | "at">;
type ToOrigins = (delivery: Delivery) => readonly Origin[];

const NO_ORIGINS: readonly Origin[] = [];

/** What passes to a third country needs both. */
const AUTHORISING: readonly ConsentPermit[] = ["forward", "transfer"];

/** Foreign: it comes from an agency that is neither the sender nor this recipient. */
function toForeign(delivery: Passing, origins: readonly Origin[]): readonly Origin[] {
  return origins.length === 0 ? origins : origins.filter(({ ref }) => ref.iss !== delivery.recipient);
}

/**
 * Whether the recipient is the single point of contact that has the source from when it crossed the border,
 * or from the sender. The sender knows that by itself: that copy is part of the exchange, and had it been
 * denied, the sender would not have the source either; of what it sent, it was told who was let through to.
 */
function isWithContact({ queries, claims, recipient }: Passing, { known, origins }: Source): boolean {
  const home = countryOf(claims.iss);
  const there = countryOf(recipient);
  if (queries.country(there)?.spoc !== recipient || !known.holds(recipient)) return false;
  if (known.ref.iss === claims.iss) {
    return there === home || origins.some(({ ref }) => countryOf(ref.iss) === there);
  }
  const from = countryOf(known.ref.iss);
  return from !== home && (there === home || there === from);
}

/** Without what a single point of contact has already: in its copy nothing reaches anyone new. */
function listNew(
  delivery: Passing,
  sources: readonly Source[] = delivery.material.sources,
): readonly Source[] {
  return sources.length === 0 ? sources : sources.filter((source) => !isWithContact(delivery, source));
}

function listForeign(delivery: Passing): readonly Origin[] {
  return toForeign(delivery, uniteOrigins(listNew(delivery)));
}

function listRepurposed(delivery: Delivery): readonly Origin[] {
  return toForeign(delivery, uniteOrigins(listNew(delivery, delivery.material.repurposed)));
}

/** Foreign origins of sources under a handling code. */
function listMarked(
  delivery: Delivery,
  code: Markings["handling"][number],
  sources: readonly Source[] = listNew(delivery),
): readonly Origin[] {
  if (sources.length === 0) return NO_ORIGINS;
  const marked = sources.filter(({ known }) => known.markings.handling.includes(code));
  return toForeign(delivery, uniteOrigins(marked));
}

/**
 * Whether the recipient has the source and the sender knows that by itself: the recipient made it, or the
 * sender sent it there. Who else let what through to whom, an answer may not depend on: the sender would read
 * it from the answer.
 */
function isKnownThere({ claims, recipient }: Delivery, { known }: Source): boolean {
  return known.ref.iss === recipient || (known.ref.iss === claims.iss && known.holds(recipient));
}

function listRestricted(delivery: Delivery): readonly Origin[] {
  const { sources } = delivery.material;
  const elsewhere = sources.filter((source) => !isKnownThere(delivery, source));
  return listMarked(delivery, "H2", elsewhere);
}

/** Foreign origins of a country that is neither the sender's nor the recipient's, sent across a border. */
function listTransferred(delivery: Passing): readonly Origin[] {
  const foreign = listForeign(delivery);
  if (foreign.length === 0) return foreign;
  const ends = [countryOf(delivery.claims.iss), countryOf(delivery.recipient)];
  if (ends[0] === ends[1]) return NO_ORIGINS;
  return foreign.filter(({ ref }) => !ends.includes(countryOf(ref.iss)));
}

/** The other foreign origins. */
function listNear(delivery: Delivery): readonly Origin[] {
  const foreign = listForeign(delivery);
  if (foreign.length === 0) return foreign;
  const transferred = listTransferred(delivery);
  return foreign.filter((origin) => !transferred.includes(origin));
}

/** The consents over an origin, to this sender and for this purpose, with this permit and recipient. */
function listGiven({ recipient }: Passing, { consents }: Origin, permit: ConsentPermit): KnownConsent[] {
  return consents.filter(
    ({ permits, recipients }) => permits.includes(permit) && recipients.includes(recipient),
  );
}

function isInForce(at: number, { withdrawn, until }: KnownConsent): boolean {
  return !withdrawn && at < until;
}

/** Of what goes to a third country, that whose agency had authorised neither or one of the two by receipt. */
export function listUnauthorised(passing: Passing): readonly Origin[] {
  return listTransferred(passing).filter((origin) =>
    AUTHORISING.some(
      (permit) => !listGiven(passing, origin, permit).some((one) => isInForce(passing.received, one)),
    ),
  );
}

/** Whether each of the origins was given a consent, whatever became of it; true where there is none. */
function isGiven(permit: ConsentPermit, toOrigins: ToOrigins): (delivery: Delivery) => boolean {
  return (delivery) => toOrigins(delivery).every((origin) => listGiven(delivery, origin, permit).length > 0);
}

/** Whether one of the origins was given consents and all of them have ended. */
function isEnded(permit: ConsentPermit, toOrigins: ToOrigins): (delivery: Delivery) => boolean {
  return (delivery) =>
    toOrigins(delivery).some((origin) => {
      const given = listGiven(delivery, origin, permit);
      return given.length > 0 && !given.some((consent) => isInForce(delivery.at, consent));
    });
}

/** What a deletion date is compared with: none is later than any. */
function toTime(deleteBy: number | undefined): number {
  return deleteBy ?? Number.POSITIVE_INFINITY;
}

/**
 * Handling codes run from the least restrictive to the most; a message states one, and what its sources add
 * sticks beside it.
 */
function isHandlingLoosened({ claims, material }: Delivery): boolean {
  const { handling } = toOwnMarkings(claims);
  return handling !== undefined && material.inherited.handling.some((code) => code > handling);
}

function isClassificationLoosened({ claims, material }: Delivery): boolean {
  const { classification } = toOwnMarkings(claims);
  if (classification === undefined) return false;
  return toClassificationRank(classification) < toClassificationRank(material.inherited.classification);
}

function isDeletionLoosened({ claims, material }: Delivery): boolean {
  const { deleteBy } = toOwnMarkings(claims);
  return deleteBy !== undefined && deleteBy > toTime(material.inherited.deleteBy);
}

/**
 * What the message draws on, and what its originators consented to. A consent covers an origin if that
 * origin's agency issued it over exactly that message, to this sender, for this recipient and the message's
 * purpose, with the permit in question. It has ended where it is expired or withdrawn.
 */
export const SOURCE_FACTS = {
  unknownSource: flag(
    "A source named is not recorded, has another digest, or is not held by the sender: the three are one.",
    ({ material }) => material.unknownSource,
  ),
  originsExceeded: flag(
    `The message and all it was derived from are more than ${limits.ORIGINS_MAX} messages.`,
    ({ material }) => material.originsExceeded,
  ),
  foreignMaterial: flag(
    "The message draws, over any number of hops, on a message of an agency other than sender and " +
      "recipient, and that is none which an active SPOC has from when it crossed the border.",
    (delivery) => listForeign(delivery).length > 0,
  ),
  forwardConsented: flag(
    "Every such message, those of a third country aside, was given a consent that permits to forward it, " +
      "whatever became of it; true where there is none.",
    isGiven("forward", listNear),
  ),
  forwardConsentEnded: flag(
    "The consents given to forward one of them have all expired or been withdrawn.",
    isEnded("forward", listNear),
  ),
  otherPurpose: flag(
    "Such material was received for a purpose other than this message's, or one of the two is not stated.",
    (delivery) => listRepurposed(delivery).length > 0,
  ),
  otherPurposeConsented: flag(
    "All of that was given consents that permit another purpose; true where there is none.",
    isGiven("other-purpose", listRepurposed),
  ),
  otherPurposeConsentEnded: flag(
    "The consents given to another purpose for some of it have all expired or been withdrawn.",
    isEnded("other-purpose", listRepurposed),
  ),
  restrictedMaterial: flag(
    "The message draws on such material under handling code H2, in a source that neither the recipient " +
      "made nor the sender sent it.",
    (delivery) => listRestricted(delivery).length > 0,
  ),
  disseminateConsented: flag(
    "All of that was given consents that permit to disseminate it; true where there is none.",
    isGiven("disseminate", listRestricted),
  ),
  disseminateConsentEnded: flag(
    "The consents given to disseminate some of it have all expired or been withdrawn.",
    isEnded("disseminate", listRestricted),
  ),
  evidenceUse: flag(
    "The sender states that use as evidence is intended.",
    ({ claims }) => toOwnMarkings(claims).evidenceUse === true,
  ),
  evidenceConsented: flag(
    "All material of others, the recipient aside, was given consents that permit evidential use; true " +
      "where there is none.",
    isGiven("evidence", listForeign),
  ),
  evidenceConsentEnded: flag(
    "The consents given to evidential use of some of it have all expired or been withdrawn.",
    isEnded("evidence", listForeign),
  ),
  h1EvidenceConsented: flag(
    "All of it under handling code H1 was given consents that permit evidential use; true where there is " +
      "none.",
    isGiven("evidence", (delivery) => listMarked(delivery, "H1")),
  ),
  h1EvidenceConsentEnded: flag(
    "The consents given to evidential use of some of what is under H1 have all expired or been withdrawn.",
    isEnded("evidence", (delivery) => listMarked(delivery, "H1")),
  ),
  thirdCountryMaterial: flag(
    "The recipient is of another country than the sender, and the message draws on material of a third one.",
    (delivery) => listTransferred(delivery).length > 0,
  ),
  onwardForwardConsented: flag(
    "All of that was given consents that permit to forward it; true where there is none.",
    isGiven("forward", listTransferred),
  ),
  onwardForwardConsentEnded: flag(
    "The consents given to forward some of it have all expired or been withdrawn.",
    isEnded("forward", listTransferred),
  ),
  transferConsented: flag(
    "All of that was given consents that permit to transfer it onward; true where there is none.",
    isGiven("transfer", listTransferred),
  ),
  transferConsentEnded: flag(
    "The consents given to transfer some of it onward have all expired or been withdrawn.",
    isEnded("transfer", listTransferred),
  ),
  transferUnauthorised: flag(
    "Some of it had no consent to forward it, or none to transfer it onward, that was in force when the " +
      "exchange received the message.",
    (delivery) => listUnauthorised(delivery).length > 0,
  ),
  caveatUnread: flag(
    "The message draws on material of others, received under handling code H3, that no officer of the " +
      "sender has acknowledged as read.",
    (delivery) => toForeign(delivery, delivery.material.unread).length > 0,
  ),
  handlingInForce: codes(
    "Handling codes in force on the message: its own and those it inherits.",
    ({ material }) => material.markings.handling,
  ),
  handlingLoosened: flag(
    "The message states a less restrictive handling code than one it inherits.",
    isHandlingLoosened,
  ),
  classificationLoosened: flag(
    "The message states a lower classification than it inherits.",
    isClassificationLoosened,
  ),
  deletionLoosened: flag("The message states a later deletion date than it inherits.", isDeletionLoosened),
};
