import { type ConsentPermit, limits } from "@leix/protocol";
import { type Delivery, flag } from "./fact.ts";
import { type Origin, type Source, uniteOrigins } from "./material.ts";
import type { KnownConsent } from "./queries.ts";

/** Foreign: it comes from an agency that is neither the sender nor this recipient. */
function toForeign(delivery: Delivery, origins: readonly Origin[]): Origin[] {
  return origins.filter(({ ref }) => ref.iss !== delivery.recipient);
}

/** Whether a consent over the material, to this sender and for this purpose, lets it do this here and now. */
function covers(consent: KnownConsent, { recipient, at }: Delivery, permit: ConsentPermit): boolean {
  return (
    !consent.withdrawn &&
    at < consent.until &&
    consent.permits.includes(permit) &&
    consent.recipients.includes(recipient)
  );
}

/** Whether each of the origins is covered; true where there is none. */
function isConsented(delivery: Delivery, origins: readonly Origin[], permit: ConsentPermit): boolean {
  return origins.every(({ consents }) => consents.some((consent) => covers(consent, delivery, permit)));
}

/**
 * Whether the recipient has the source and the sender knows that by itself: the recipient made it, or the
 * sender sent it there. Who else let what through to whom, an answer may not depend on: the sender would read
 * it from the answer.
 */
function isKnownThere({ claims, recipient }: Delivery, { known }: Source): boolean {
  return known.ref.iss === recipient || (known.ref.iss === claims.iss && known.holds(recipient));
}

/** Foreign origins of H2 sources, without the sources that are known to be there. */
function toRestrictedOrigins(delivery: Delivery): Origin[] {
  const restricted = delivery.material.sources.filter(
    (source) => source.known.markings.handling.includes("H2") && !isKnownThere(delivery, source),
  );
  return toForeign(delivery, uniteOrigins(restricted));
}

/**
 * What the message draws on, and what its originators consented to. A consent covers an origin if that
 * origin's agency issued it over exactly that message, to this sender, for this recipient and the message's
 * purpose, with the permit in question, and it is neither expired nor withdrawn.
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
    "The message draws, over any number of hops, on a message of an agency other than sender and recipient.",
    (delivery) => toForeign(delivery, delivery.material.origins).length > 0,
  ),
  forwardConsented: flag(
    "Every such message is covered by a consent that permits to forward it; true where there is none.",
    (delivery) => isConsented(delivery, toForeign(delivery, delivery.material.origins), "forward"),
  ),
  otherPurpose: flag(
    "Such material was received for a purpose other than this message's, or one of the two is not stated.",
    (delivery) => toForeign(delivery, delivery.material.repurposed).length > 0,
  ),
  otherPurposeConsented: flag(
    "All of that is covered by consents that permit another purpose; true where there is none.",
    (delivery) => isConsented(delivery, toForeign(delivery, delivery.material.repurposed), "other-purpose"),
  ),
  restrictedMaterial: flag(
    "The message draws on such material under handling code H2, in a source that neither the recipient " +
      "made nor the sender sent it.",
    (delivery) => toRestrictedOrigins(delivery).length > 0,
  ),
  disseminateConsented: flag(
    "All of that is covered by consents that permit to disseminate it; true where there is none.",
    (delivery) => isConsented(delivery, toRestrictedOrigins(delivery), "disseminate"),
  ),
};
