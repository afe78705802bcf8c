import { type ConsentPermit, limits, type MessageRef } from "@leix/protocol";
import { type Delivery, flag } from "./fact.ts";
import { isSameRef, toOwnMarkings } from "./material.ts";
import type { KnownConsent, KnownMessage } from "./queries.ts";

/** Foreign: it comes from an agency that is neither the sender nor this recipient. */
function isForeign(delivery: Delivery, origin: MessageRef): boolean {
  return origin.iss !== delivery.claims.iss && origin.iss !== delivery.recipient;
}

function toForeignOrigins(delivery: Delivery, sources: readonly KnownMessage[]): MessageRef[] {
  const origins = sources.flatMap((source) => source.markings.origins);
  return origins.filter((origin) => isForeign(delivery, origin));
}

/** Whether a consent lets the sender do what `permit` says with `origin`, here and now. */
function covers(
  consent: KnownConsent,
  delivery: Delivery,
  origin: MessageRef,
  permit: ConsentPermit,
): boolean {
  const purpose = toOwnMarkings(delivery.claims).purpose;
  return (
    consent.ref.iss === origin.iss &&
    isSameRef(consent.of, origin) &&
    consent.recipients.includes(delivery.recipient) &&
    purpose !== undefined &&
    consent.purposes.includes(purpose) &&
    consent.permits.includes(permit) &&
    delivery.at < consent.until &&
    !consent.withdrawn
  );
}

/** Whether each of the origins is covered; true where there is none. */
function isConsented(delivery: Delivery, origins: readonly MessageRef[], permit: ConsentPermit): boolean {
  const { consents } = delivery.material;
  return origins.every((origin) => consents.some((consent) => covers(consent, delivery, origin, permit)));
}

/**
 * The messages by which the sender received what it draws on. For a source of the sender's own making these
 * are the received ones behind it: or a message sent to oneself, or back to its originator, under another
 * purpose would free the material of the purpose it came with.
 */
function toReceived(delivery: Delivery): KnownMessage[] {
  const { queries, claims, material } = delivery;
  return material.sources.flatMap((source) => {
    if (source.ref.iss !== claims.iss) return [source];
    return source.markings.origins
      .filter((origin) => origin.iss !== claims.iss)
      .map((origin) => queries.message(origin))
      .filter((origin) => origin !== undefined)
      .filter((origin) => origin.holds(claims.iss));
  });
}

/**
 * Foreign origins of what was received for another purpose, or where one of the two purposes is not stated.
 */
function toOtherPurposeOrigins(delivery: Delivery): MessageRef[] {
  const purpose = toOwnMarkings(delivery.claims).purpose;
  const others = toReceived(delivery).filter(
    ({ markings }) => purpose === undefined || markings.purpose !== purpose,
  );
  return toForeignOrigins(delivery, others);
}

/**
 * Foreign origins of H2 sources, without those that the recipient holds, by themselves or in the source. Of
 * messages that the sender does not hold nothing is asked: or the answer would tell it where they went.
 */
function toRestrictedOrigins(delivery: Delivery): MessageRef[] {
  const { queries, claims, material, recipient } = delivery;
  const restricted = material.sources.filter(
    (source) => source.markings.handling.includes("H2") && !source.holds(recipient),
  );
  return toForeignOrigins(delivery, restricted).filter((origin) => {
    const known = queries.message(origin);
    return !(known?.holds(claims.iss) && known.holds(recipient));
  });
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
    (delivery) => toForeignOrigins(delivery, delivery.material.sources).length > 0,
  ),
  forwardConsented: flag(
    "Every such message is covered by a consent that permits to forward it; true where there is none.",
    (delivery) => isConsented(delivery, toForeignOrigins(delivery, delivery.material.sources), "forward"),
  ),
  otherPurpose: flag(
    "Such material was received for a purpose other than this message's, or one of the two is not stated.",
    (delivery) => toOtherPurposeOrigins(delivery).length > 0,
  ),
  otherPurposeConsented: flag(
    "All of that is covered by consents that permit another purpose; true where there is none.",
    (delivery) => isConsented(delivery, toOtherPurposeOrigins(delivery), "other-purpose"),
  ),
  restrictedMaterial: flag(
    "The message draws on such material under handling code H2 that the recipient does not hold yet.",
    (delivery) => toRestrictedOrigins(delivery).length > 0,
  ),
  disseminateConsented: flag(
    "All of that is covered by consents that permit to disseminate it; true where there is none.",
    (delivery) => isConsented(delivery, toRestrictedOrigins(delivery), "disseminate"),
  ),
};
