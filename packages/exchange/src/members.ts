import type { Queries } from "@leix/principles";
import {
  type AgencyId,
  type AgencyStatement,
  type CountryCode,
  countryOf,
  listNeededProofs,
  type PartyId,
} from "@leix/protocol";
import type { Party, State } from "./state.ts";

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
 * Revoked, or of a country whose authority is. Both are final, so that it never comes back to what waits for
 * it.
 */
export function hasLeft({ parties }: Pick<State, "parties">, id: PartyId): boolean {
  const statement = parties.get(id)?.statement;
  if (statement === undefined || statement.kind === "anchor") return false;
  if (statement.status === "revoked") return true;
  return statement.kind === "agency" && hasLeft({ parties }, statement.iss);
}

/** Whether the broker lets a party's users in; `since`: those signed up to then (a NumericDate) are not. */
export type AccountStatus =
  | { readonly kind: "active"; readonly since?: number }
  | { readonly kind: "barred"; readonly since: number };

/**
 * A function of the newest statements about a party, about its country's authority, and about a key of its
 * in wrong hands; of nothing else. Who takes no part is barred, and so are the users signed up to the
 * newest statement that says so. Whoever had one of its keys may have had its users too: those signed up to
 * the word about the leak stay barred for good, also when the party is reinstated. A suspension alone spoils
 * no users: the same may come again.
 */
export function toAccountStatus(
  state: Pick<State, "parties" | "compromises">,
  statement: Party["statement"],
): AccountStatus {
  // Only agencies' keys are ever said to be in wrong hands, and only agencies have an authority.
  const agency = statement.kind === "agency" ? statement : undefined;
  const leakedAt = agency && state.compromises.get(agency.subject)?.iat;
  if (isTakingPart(state, statement.subject)) {
    return leakedAt === undefined ? { kind: "active" } : { kind: "active", since: leakedAt };
  }
  const authority = agency && state.parties.get(agency.iss)?.statement;
  const barring = [statement, authority].filter((one) => one !== undefined && isOut(one));
  return { kind: "barred", since: Math.max(leakedAt ?? 0, ...barring.map((one) => one?.iat ?? 0)) };
}

function isOut(statement: Party["statement"]): boolean {
  return statement.kind !== "anchor" && statement.status !== "active";
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
