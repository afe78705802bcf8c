import {
  type AccountId,
  type AgencyStatement,
  type KeyId,
  LeixError,
  listNeededProofs,
} from "@leix/protocol";

/** What is to end: keys by their thumbprints, and keys that sign users of the agency's NATS account. */
export interface Withdrawal {
  readonly kids: readonly KeyId[];
  readonly signers: readonly AccountId[];
}

/**
 * What an agency's next statement says without them. Throws `statement/subject` for what is none of its keys,
 * `statement/no-keys` where nothing would be left that signs its users.
 */
export function withdrawFrom(
  statement: AgencyStatement,
  { kids, signers }: Withdrawal,
): Pick<AgencyStatement, "keys" | "account" | "proofs"> {
  const { subject, keys, account } = statement;
  const stranger =
    kids.find((kid) => !keys.some((key) => key.kid === kid)) ??
    signers.find((signer) => !account.signers.includes(signer));
  if (stranger) throw new LeixError("statement/subject", `${stranger} is no key of ${subject} now`);
  const left = account.signers.filter((signer) => !signers.includes(signer));
  if (left.length === 0) throw new LeixError("statement/no-keys", "none would be left to sign its users");
  const next = {
    keys: keys.filter(({ kid }) => !kids.includes(kid)),
    account: { ...account, signers: left },
  };
  return { ...next, proofs: listNeededProofs({ ...statement, ...next }) };
}
