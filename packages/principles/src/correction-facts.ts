import { type Delivery, flag, statement } from "./fact.ts";
import type { KnownMessage } from "./queries.ts";

function toAction({ claims }: Delivery): string | undefined {
  return claims.kind === "correction" ? claims.action : undefined;
}

/** What is corrected, if the sender of the correction sent it. */
function toCorrected({ claims, queries }: Delivery): KnownMessage | undefined {
  if (claims.kind !== "correction" || claims.re.iss !== claims.iss) return undefined;
  return queries.message(claims.re);
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
};
