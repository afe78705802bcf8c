import { CONFIDENTIALITY_FACTS } from "./confidentiality-facts.ts";
import type { Delivery, Fact, FactValue } from "./fact.ts";
import { MARKING_FACTS } from "./marking-facts.ts";
import { PARTY_FACTS } from "./party-facts.ts";
import { SOURCE_FACTS } from "./source-facts.ts";

const GROUPS = { ...PARTY_FACTS, ...CONFIDENTIALITY_FACTS, ...MARKING_FACTS, ...SOURCE_FACTS };

export type FactName = keyof typeof GROUPS;
/** Every fact derived for one delivery; an optional one is missing where it does not hold. */
export type Facts = Readonly<Partial<Record<FactName, FactValue>>>;

/** The closed list of facts: all that a principle can ask. A policy set must be written for exactly these. */
export const FACTS: Readonly<Record<FactName, Fact>> = GROUPS;

const ENTRIES = Object.entries(FACTS) as [FactName, Fact][];

/** Always in the order of the list, so that equal facts are equal text. */
export function toFacts(delivery: Delivery): Facts {
  const facts: Partial<Record<FactName, FactValue>> = {};
  for (const [name, fact] of ENTRIES) {
    const value = fact.derive(delivery);
    if (value !== undefined) facts[name] = value;
  }
  return facts;
}
