import type { KnownAgency, KnownConsent, KnownMessage, Queries } from "@leix/principles";
import {
  type AccountId,
  type AgencyId,
  CLAIMS_TYP,
  countryOf,
  type Digest,
  limits,
  type MessageRef,
  parseEnvelope,
  parseJws,
  STATEMENT_TYP,
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

/** An input as OUT has it. */
export interface StoredInput {
  readonly account: AccountId;
  readonly sequence: number;
  readonly data: Uint8Array;
}

/**
 * Whether an input is recorded already, as this delivery or an earlier one. Reads every message and
 * statement: it is asked only before an input would be given up, which must never contradict what was
 * decided.
 */
export function isRecordedInput(state: State, { account, sequence, data }: StoredInput): boolean {
  const party = state.accounts.get(account);
  const digest = findTokenDigest(data);
  for (const [, message] of state.messages.entries()) {
    if (message.iss === party && (message.sequence === sequence || message.digest === digest)) return true;
  }
  for (const [, statement] of state.statements.entries()) {
    if (statement.sequence === sequence || statement.digest === digest) return true;
  }
  return false;
}

/** Identity of the token in an input, as far as it has one: nothing of it is believed. */
function findTokenDigest(data: Uint8Array): Digest | undefined {
  try {
    const envelope = parseEnvelope(data);
    if ("statement" in envelope) {
      return parseJws(envelope.statement, STATEMENT_TYP, limits.STATEMENT_BYTES_MAX).digest;
    }
    return parseJws(envelope.message, CLAIMS_TYP, limits.CLAIMS_BYTES_MAX).digest;
  } catch {
    return undefined;
  }
}
