import { CONFIDENTIALITY_FACTS } from "./confidentiality-facts.ts";
import { CORRECTION_FACTS } from "./correction-facts.ts";
import type { Delivery, Fact, FactValue } from "./fact.ts";
import { MARKING_FACTS } from "./marking-facts.ts";
import { OVERRIDE_FACTS } from "./override-facts.ts";
import { PARTY_FACTS } from "./party-facts.ts";
import { QUALITY_FACTS } from "./quality-facts.ts";
import { REQUEST_FACTS } from "./request-facts.ts";
import { ROUTING_FACTS } from "./routing-facts.ts";
import { SOURCE_FACTS } from "./source-facts.ts";
import { THREAD_FACTS } from "./thread-facts.ts";

const GROUPS = {
  ...PARTY_FACTS,
  ...ROUTING_FACTS,
  ...CONFIDENTIALITY_FACTS,
  ...MARKING_FACTS,
  ...REQUEST_FACTS,
  ...THREAD_FACTS,
  ...SOURCE_FACTS,
  ...OVERRIDE_FACTS,
  ...QUALITY_FACTS,
  ...CORRECTION_FACTS,
};

export type FactName = keyof typeof GROUPS;
/** Every fact derived for one delivery; an optional one is missing where it does not hold. */
export type Facts = Readonly<Partial<Record<FactName, FactValue>>>;

/** The values of facts, in the order of their names; undefined where one does not hold. */
export type FactValues = readonly (FactValue | undefined)[];

/** The closed list of facts: all that a principle can ask. A policy set must be written for exactly these. */
export const FACTS: Readonly<Record<FactName, Fact>> = GROUPS;

/** Every fact there is, in the order of the list. */
export const FACT_NAMES = Object.keys(FACTS) as readonly FactName[];

/** How an earlier decider derived some of the facts. */
export type FactOverrides = Readonly<Partial<Record<FactName, Fact["derive"]>>>;

/** The named facts, all where none are named, in that order: so that equal facts are equal text. */
export function toFacts(
  delivery: Delivery,
  overrides: FactOverrides = {},
  names: readonly FactName[] = FACT_NAMES,
): Facts {
  return nameFacts(names, listFacts(delivery, overrides, names));
}

/** The same without their names, which costs much less. */
export function listFacts(
  delivery: Delivery,
  overrides: FactOverrides,
  names: readonly FactName[],
): FactValues {
  return findDerives(overrides, names).map((derive) => derive(delivery));
}

type Derive = Fact["derive"];
/** How the facts of a list are derived: of each list once, for a policy set asks for the same ones always. */
const DERIVES = new WeakMap<readonly FactName[], { overrides: FactOverrides; derives: readonly Derive[] }>();

function findDerives(overrides: FactOverrides, names: readonly FactName[]): readonly Derive[] {
  const known = DERIVES.get(names);
  if (known?.overrides === overrides) return known.derives;
  const derives = names.map((name) => overrides[name] ?? FACTS[name].derive);
  DERIVES.set(names, { overrides, derives });
  return derives;
}

export function nameFacts(names: readonly FactName[], values: FactValues): Facts {
  const facts: Partial<Record<FactName, FactValue>> = {};
  for (const [at, name] of names.entries()) {
    const value = values[at];
    if (value !== undefined) facts[name] = value;
  }
  return facts;
}

/**
 * Those of the named facts that say something, by name: what does not hold, and a list of nothing, tell an
 * auditor nothing more. Frozen, for it is written down again with every decision that rests on it.
 */
export function listTelling(facts: Facts, names: readonly FactName[]): Facts {
  const telling: Partial<Record<FactName, FactValue>> = {};
  for (const name of sortOnce(names)) {
    const value = facts[name];
    if (value === undefined || value === false || (Array.isArray(value) && value.length === 0)) continue;
    telling[name] = Array.isArray(value) ? freeze([...value]) : value;
  }
  return freeze(telling);
}

const SORTED = new WeakMap<readonly FactName[], readonly FactName[]>();

function sortOnce(names: readonly FactName[]): readonly FactName[] {
  const sorted = SORTED.get(names) ?? names.toSorted();
  SORTED.set(names, sorted);
  return sorted;
}

/** As it is, from now on for good. */
export function freeze<T>(value: T): T {
  return Object.freeze(value);
}
