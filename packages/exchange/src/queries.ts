import type { KnownAgency, KnownConsent, KnownMessage, Queries } from "@leix/principles";
import {
  type AccountId,
  type AgencyId,
  countryOf,
  type MessageRef,
  type TermsContent,
  toCountryPair,
} from "@leix/protocol";
import { findMessage, holds } from "./claims-rules.ts";
import { type State, toMessageKey } from "./state.ts";

/** The named queries over a state, as the principles ask them. */
export function createQueries(state: State): Queries {
  return {
    agency: (id) => findAgency(state, id),
    terms: (one, other) => findTerms(state, toCountryPair(one, other)),
    channelCeiling: () => state.channelCeiling,
    message: (ref) => findPermitted(state, ref),
    consent: (ref) => findConsent(state, ref),
  };
}

/** Terms that were ended are none. */
function findTerms(state: State, pair: string): TermsContent | undefined {
  const content = state.terms.get(pair)?.content;
  return content?.ended ? undefined : content;
}

function findAgency(state: State, id: AgencyId): KnownAgency | undefined {
  const statement = state.parties.get(id)?.statement;
  if (statement?.kind !== "agency") return undefined;
  const { type, role, status } = statement;
  const clearance = state.clearances.get(id)?.level ?? "unclassified";
  return { id, country: countryOf(id), type, role, status, clearance };
}

/** A message that was denied to everyone is nowhere: it is no source and answers no query. */
function findPermitted(state: State, ref: MessageRef): KnownMessage | undefined {
  const found = findMessage(state, ref);
  if (!found || found.permitted.length === 0) return undefined;
  return { ref, markings: found.markings, holds: (agency) => holds(found, agency) };
}

function findConsent(state: State, ref: MessageRef): KnownConsent | undefined {
  const found = findMessage(state, ref);
  if (!found?.grant || found.permitted.length === 0) return undefined;
  const withdrawn = state.withdrawals.has(toMessageKey(ref.iss, ref.id));
  return { ref, grantees: found.permitted, ...found.grant, withdrawn };
}

/**
 * Whether a delivery of OUT is recorded already. Reads every message and statement: it is asked only before
 * an input would be given up.
 */
export function isRecordedDelivery(state: State, account: AccountId, sequence: number): boolean {
  const party = state.accounts.get(account);
  for (const [, message] of state.messages.entries()) {
    if (message.sequence === sequence && message.iss === party) return true;
  }
  for (const [, statement] of state.statements.entries()) {
    if (statement.sequence === sequence) return true;
  }
  return false;
}
