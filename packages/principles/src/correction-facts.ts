import { type Delivery, flag, statement } from "./fact.ts";
import { isSameRef } from "./material.ts";
import type { KnownCorrection, KnownMessage } from "./queries.ts";

function toAction({ claims }: Delivery): string | undefined {
  return claims.kind === "correction" ? claims.action : undefined;
}

/** What is corrected, if the sender of the correction sent it. */
function toCorrected({ claims, queries }: Delivery): KnownMessage | undefined {
  if (claims.kind !== "correction" || claims.re.iss !== claims.iss) return undefined;
  return queries.message(claims.re);
}

/**
 * The corrections of what the message draws on, and of what that was derived from, but for those that it
 * draws on itself: it then has the corrected text. That a correction names as a source what it corrects is
 * no use of that.
 */
function listCorrections({ claims, material }: Delivery): KnownCorrection[] {
  const used = material.sources.filter(({ known }) => {
    return claims.kind !== "correction" || !isSameRef(known.ref, claims.re);
  });
  const { origins } = material.markings;
  return used
    .flatMap(({ known }) => known.corrections())
    .filter(({ ref, action }) => action !== "rectify" || !origins.some((one) => isSameRef(one, ref)));
}

/** What was corrected, and by whom. */
export const CORRECTION_FACTS = {
  correctionAction: statement("What a correction asks for: rectify, erase or restrict.", toAction),
  correctsOwn: flag(
    "What is corrected is a message of this very sender that is on record.",
    (delivery) => toCorrected(delivery) !== undefined,
  ),
  correctedHeld: flag(
    "The recipient was sent what is corrected.",
    (delivery) => toCorrected(delivery)?.holds(delivery.recipient) === true,
  ),
  withheldMaterial: flag(
    "Something that the message draws on, over any number of hops, was erased or restricted by its sender.",
    (delivery) => listCorrections(delivery).some(({ action }) => action !== "rectify"),
  ),
  rectifiedMaterial: flag(
    "Something that the message draws on, over any number of hops, was rectified by its sender, and the " +
      "message does not draw on that correction.",
    (delivery) => listCorrections(delivery).some(({ action }) => action === "rectify"),
  ),
};
