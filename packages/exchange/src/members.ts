import type { Queries } from "@leix/principles";
import { type AgencyId, type CountryCode, countryOf } from "@leix/protocol";
import type { State } from "./state.ts";

type KnownAgency = NonNullable<ReturnType<Queries["agency"]>>;
type KnownCountry = NonNullable<ReturnType<Queries["country"]>>;

export function findAgency(state: State, id: AgencyId): KnownAgency | undefined {
  const statement = state.parties.get(id)?.statement;
  if (statement?.kind !== "agency") return undefined;
  const { type, role, status } = statement;
  const clearance = state.clearances.get(id)?.level ?? "unclassified";
  return { id, country: countryOf(id), type, role, status, clearance };
}

/** As its authority's newest statement says; its single point of contact only where that is active. */
export function findCountry(state: State, code: CountryCode): KnownCountry | undefined {
  const statement = state.parties.get(code)?.statement;
  if (statement?.kind !== "authority") return undefined;
  const { zone, spoc, judicial = [] } = statement;
  const isActive = findAgency(state, spoc)?.status === "active";
  return { code, zone, judicial, ...(isActive ? { spoc } : {}) };
}
