import type { KnownConsent, KnownMessage, Queries } from "@leix/principles";
import { type AgencyId, type TermsContent, toCountryPair } from "@leix/protocol";
import { listCopies } from "./copies.ts";
import { findAnswerDue } from "./duties.ts";
import { findAgency, findCountry } from "./members.ts";
import { findPermitted, holds, listCorrections } from "./messages.ts";
import type { RecordedMessage } from "./recorded.ts";
import { findStanding, toCaseKey } from "./requests.ts";
import { type State, toMessageKey } from "./state.ts";

type KnownRequest = NonNullable<ReturnType<Queries["request"]>>;

/**
 * The named queries over a state, as the principles ask them. A message that was denied to all is nowhere: it
 * is no source, no answer, and answers no query.
 */
export function createQueries(state: State): Queries {
  return {
    agency: (id) => findAgency(state, id),
    country: (code) => findCountry(state, code),
    terms: (one, other) => findTerms(state, toCountryPair(one, other)),
    channelCeiling: () => state.channelCeiling,
    message: (ref) => toKnownMessage(state, findPermitted(state, ref)),
    consent: (ref) => toKnownConsent(findPermitted(state, ref)),
    request: (ref) => toKnownRequest(state, findPermitted(state, ref)),
    openRequests: (caseId, from) =>
      (state.cases.get(toCaseKey(caseId, from)) ?? [])
        .map((key) => toKnownRequest(state, state.messages.get(key)))
        .filter((request) => request !== undefined),
    isReadBy: (ref, agency) => findPermitted(state, ref)?.readers.includes(agency) ?? false,
    copies: (ref) => listCopies(state, ref),
  };
}

/** Terms that were ended are none. */
function findTerms(state: State, pair: string): TermsContent | undefined {
  const content = state.terms.get(pair)?.content;
  return content?.ended ? undefined : content;
}

function toKnownMessage(state: State, message: RecordedMessage | undefined): KnownMessage | undefined {
  if (!message?.markings) return undefined;
  const { ref, kind, re, markings } = message;
  return {
    ref,
    kind,
    ...(re ? { re } : {}),
    markings,
    holds: (agency) => holds(message, agency),
    corrections: () => listCorrections(state, message),
  };
}

function toKnownConsent(message: RecordedMessage | undefined): KnownConsent | undefined {
  if (!message?.consent) return undefined;
  const { grant, isWithdrawn } = message.consent;
  return { ref: message.ref, grantees: message.permitted, ...grant, withdrawn: isWithdrawn };
}

function toKnownRequest(state: State, message: RecordedMessage | undefined): KnownRequest | undefined {
  if (!message?.request) return undefined;
  const { ref, request } = message;
  const standing = (agency: AgencyId) => {
    const found = findStanding(message, agency);
    if (found?.kind !== "open") return found?.kind;
    return found.questions > 0 ? ("clarifying" as const) : ("open" as const);
  };
  return {
    ref,
    ...(request.crime ? { crime: request.crime } : {}),
    data: request.data,
    to: request.to,
    standing,
    due: (agency) => findAnswerDue(state, agency, toMessageKey(ref)),
  };
}
