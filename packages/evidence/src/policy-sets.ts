import { countSignatures, type State, toAgreementDigest, toFileKey, toProposalKey } from "@leix/exchange";
import { openPolicySet } from "@leix/principles";
import { LeixError, type PolicySetStatement } from "@leix/protocol";

/** Notes the issuer's signature; true where with it enough active authorities have signed the same. */
export function notePolicySet(state: State, statement: PolicySetStatement): boolean {
  const { version } = statement;
  state.proposals.set(toProposalKey(statement), { version, digest: toAgreementDigest(statement) });
  return countSignatures(state, statement) >= state.policySetThreshold;
}

/**
 * Puts the set in force, of the files that are recorded. Throws `evidence/missing`, and
 * `statement/policy-set` for files that never made a set.
 */
export function activatePolicySet(state: State, { files, version, deciders }: PolicySetStatement): void {
  const found = files.map(({ name, digest }) => {
    const file = state.policyFiles.get(toFileKey(name, digest));
    if (!file) throw new LeixError("evidence/missing", `the file ${name} of the policy set`);
    return { name, content: file.content };
  });
  state.policySet = { version, set: openPolicySet(found), files, deciders };
}
