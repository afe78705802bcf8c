import { countryOf, type TermsContent, toClassificationRank } from "@leix/protocol";
import { codes, type Delivery, rank } from "./fact.ts";
import { isDomestic } from "./party-facts.ts";

/** None within one country: what two countries agreed has no bearing there. */
function pairTerms(delivery: Delivery): TermsContent | undefined {
  if (isDomestic(delivery)) return undefined;
  return delivery.queries.terms(countryOf(delivery.claims.iss), countryOf(delivery.recipient));
}

/** What the two countries agreed, and how confidential the message is against what its recipient may read. */
export const CONFIDENTIALITY_FACTS = {
  pairPurposes: codes(
    "Purposes that the terms in force between the two countries add; none without, or within one country.",
    (delivery) => pairTerms(delivery)?.purposes ?? [],
  ),
  pairBases: codes(
    "Bases for personal data that those terms list; none without terms, or within one country.",
    (delivery) => pairTerms(delivery)?.personal ?? [],
  ),
  pairCeilingRank: rank(
    "Highest level under those terms (0 unclassified, 1 restricted, 2 confidential, 3 secret); 0 without.",
    (delivery) => toClassificationRank(pairTerms(delivery)?.ceiling ?? "unclassified"),
  ),
  channelCeilingRank: rank("Highest classification that the exchange may carry.", ({ queries }) =>
    toClassificationRank(queries.channelCeiling()),
  ),
  recipientClearanceRank: rank(
    "Highest classification that the recipient is cleared for; 0 where none is recorded.",
    ({ queries, recipient }) => toClassificationRank(queries.agency(recipient)?.clearance ?? "unclassified"),
  ),
  classificationRank: rank(
    "Classification in force: the highest of the message's own and all its sources'. Unmarked counts as 0, " +
      "but as 3 in an answer, notification or correction.",
    ({ material }) => toClassificationRank(material.markings.classification),
  ),
};
