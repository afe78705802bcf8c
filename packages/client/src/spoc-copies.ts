import { type AgencyId, type CountryCode, countryOf, type MessageKind } from "@leix/protocol";
import type { Draft } from "./draft.ts";

/** Kinds of which the single points of contact get copies when they go from country to country (P03). */
const COPIED_KINDS: readonly MessageKind[] = [
  "request",
  "answer",
  "refusal",
  "clarification",
  "delay",
  "notification",
  "correction",
];

export interface SpocCopyOptions {
  readonly sender: AgencyId;
  /** Everyone the draft names. */
  readonly named: readonly AgencyId[];
  /** The active single point of contact of a country; undefined where it has none. */
  readonly findSpoc: (country: CountryCode) => AgencyId | undefined;
}

/**
 * The copies that direct traffic across a border owes (modelled on Dir 4(1) and 8), as far as the draft
 * does not name them already: to the single point of contact of the sender's country, and of each
 * addressee's. None where the draft says why they are withheld.
 */
export function listSpocCopies(draft: Draft, { sender, named, findSpoc }: SpocCopyOptions): AgencyId[] {
  if (!COPIED_KINDS.includes(draft.kind)) return [];
  if ("spocException" in draft && draft.spocException !== undefined) return [];
  const home = countryOf(sender);
  const foreign = new Set(named.map(countryOf).filter((country) => country !== home));
  if (foreign.size === 0) return [];
  const spocs = [home, ...foreign].map(findSpoc).filter((spoc) => spoc !== undefined);
  return spocs.filter((spoc) => spoc !== sender && !named.includes(spoc));
}
