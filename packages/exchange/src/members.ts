import type { Queries } from "@leix/principles";
import {
  type AgencyId,
  type AgencyStatement,
  type CountryCode,
  countryOf,
  listNeededProofs,
  type PartyId,
} from "@leix/protocol";
import type { State } from "./state.ts";

type KnownAgency = NonNullable<ReturnType<Queries["agency"]>>;
type KnownCountry = NonNullable<ReturnType<Queries["country"]>>;

export function findAgency(state: State, id: AgencyId): KnownAgency | undefined {
  const statement = state.parties.get(id)?.statement;
  if (statement?.kind !== "agency") return undefined;
  const { type, role, crimes, purposes } = statement;
  const status = isTakingPart(state, id) || statement.status !== "active" ? statement.status : "suspended";
  const clearance = state.clearances.get(id)?.level ?? "unclassified";
  const competence = { ...(crimes ? { crimes } : {}), ...(purposes ? { purposes } : {}) };
  return { id, country: countryOf(id), type, role, status, clearance, ...competence };
}

/** Active, and of a country whose authority is: nobody else could stop an agency whose authority is out. */
export function isTakingPart({ parties }: Pick<State, "parties">, id: PartyId): boolean {
  const statement = parties.get(id)?.statement;
  if (statement === undefined || statement.kind === "anchor") return statement !== undefined;
  const isActive = statement.status === "active";
  return statement.kind === "agency" ? isActive && isTakingPart({ parties }, statement.iss) : isActive;
}

/**
 * An agency's statement without the keys that are in wrong hands, and what those prove: what its next one may
 * go on from. The same one where none is.
 */
export function withoutWithdrawnKeys({ keys }: Pick<State, "keys">, said: AgencyStatement): AgencyStatement {
  const kept = said.keys.filter(({ kid }) => !keys.get(kid)?.withdrawn);
  if (kept.length === said.keys.length) return said;
  return { ...said, keys: kept, proofs: listNeededProofs({ ...said, keys: kept }) };
}

/** As its authority's newest statement says; its single point of contact only where that is active. */
export function findCountry(state: State, code: CountryCode): KnownCountry | undefined {
  const statement = state.parties.get(code)?.statement;
  if (statement?.kind !== "authority") return undefined;
  const { zone, spoc, judicial = [] } = statement;
  const isActive = findAgency(state, spoc)?.status === "active";
  return { code, zone, judicial, ...(isActive ? { spoc } : {}) };
}
