import type { Desk } from "@leix/client";
import { withoutWithdrawnKeys } from "@leix/exchange";
import {
  AgencyId,
  type AgencyStatement,
  type AuthorityStatement,
  type CountryCode,
  countryOf,
  LeixError,
  type PartyId,
  parseSchema,
} from "@leix/protocol";

/**
 * Its newest statement, with what is signed here on top; without keys in wrong hands, which its next one may
 * not list. Throws `statement/subject` where it is no agency.
 */
export async function findAgencyStatement(desk: Desk, id: string): Promise<AgencyStatement> {
  const draft = await desk.draft();
  const statement = draft.parties.get(id as PartyId)?.statement;
  if (statement?.kind === "agency") return withoutWithdrawnKeys(draft, statement);
  throw new LeixError("statement/subject", `${id} is no registered agency`);
}

/** The same of a country's authority. */
export async function findAuthorityStatement(desk: Desk, id: string): Promise<AuthorityStatement> {
  const { parties } = await desk.draft();
  const statement = parties.get(id as PartyId)?.statement;
  if (statement?.kind === "authority") return statement;
  throw new LeixError("statement/subject", `${id} has no registered authority`);
}

/** Whose authority speaks of an agency. Throws `command/arguments` where that is no agency's id. */
export function toCountry(agency: string): CountryCode {
  return countryOf(parseSchema(AgencyId, agency, "command/arguments"));
}
