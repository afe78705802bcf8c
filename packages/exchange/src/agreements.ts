import { CountryCode, type Digest, encodeCanonical, type Statement, toDigest } from "@leix/protocol";
import type { State } from "./state.ts";

/** Statements that take more than one country's signature: terms, and policy sets. */
export type AgreementStatement = Extract<Statement, { kind: "terms" | "policy-set" }>;

/** What it is about, and who signs. */
type About = Pick<AgreementStatement, "kind" | "subject" | "iss">;

export function toProposalKey(statement: About, country: CountryCode = statement.iss): string {
  return `${statement.kind}/${statement.subject}/${country}`;
}

/** What is agreed, without who signs it and when: equal for both sides of the same agreement. */
export function toAgreementDigest(statement: AgreementStatement): Digest {
  const { iss: _iss, iat: _iat, ...agreed } = statement;
  return toDigest(encodeCanonical(agreed));
}

/** How many active authorities' newest signature is under exactly this version and content. */
export function countSignatures(state: State, statement: AgreementStatement): number {
  return listSignatories(state, statement).length;
}

/** Who counts: the active authorities concerned that have signed exactly this version and content last. */
export function listSignatories(state: State, statement: AgreementStatement): CountryCode[] {
  const digest = toAgreementDigest(statement);
  return listSigners(state, statement).filter((country) => {
    const proposal = state.proposals.get(toProposalKey(statement, country));
    return proposal?.version === statement.version && proposal.digest === digest;
  });
}

/**
 * The versions that the issuer's next statement may have: above its own last and the one in force, and at
 * most one above what anyone has signed, so that no one can run out of versions for the others.
 */
export function findNextVersions(state: State, statement: About): { min: number; max: number } {
  const own = state.proposals.get(toProposalKey(statement))?.version ?? 0;
  const inForce =
    (statement.kind === "terms" ? state.terms.get(statement.subject)?.version : state.policySet?.version) ??
    0;
  const others = listSigners(state, statement).map(
    (country) => state.proposals.get(toProposalKey(statement, country))?.version ?? 0,
  );
  return { min: Math.max(own, inForce) + 1, max: Math.max(own, inForce, ...others) + 1 };
}

function listSigners(state: State, statement: About): CountryCode[] {
  const all =
    statement.kind === "terms"
      ? statement.subject.split("+").map((code) => CountryCode.parse(code))
      : [...state.parties.entries()].map(([id]) => id);
  return all.flatMap((id) => {
    const one = state.parties.get(id)?.statement;
    return one?.kind === "authority" && one.status === "active" ? [one.subject] : [];
  });
}
