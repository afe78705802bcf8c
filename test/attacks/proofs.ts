import {
  invariant,
  limits,
  PartyId,
  POSSESSION_TYP,
  parseJws,
  provePossession,
  type RegisteredKey,
  type SigningKey,
  toAccountKey,
} from "@leix/protocol";
import type { Forge } from "@leix/testkit";

/**
 * What proves the keys of a party's next statement: of those that it had in the genesis, the proofs of then;
 * of new ones, those who sign here.
 */
export async function toProofs(
  forge: Forge,
  party: string,
  keys: readonly RegisteredKey[],
  signers: readonly SigningKey[] = [],
): Promise<string[]> {
  const first = forge.statements.find((one) => one.subject === party && "proofs" in one);
  invariant(first && "proofs" in first && "account" in first, `${party} has proven its keys`);
  const wanted = [...keys, toAccountKey(first.account.id)].map(({ kid }) => kid);
  const kept = first.proofs.filter((proof) => {
    return wanted.includes(parseJws(proof, POSSESSION_TYP, limits.POSSESSION_BYTES_MAX).header.kid);
  });
  const about = { aud: first.aud, party: PartyId.parse(party) };
  return [...kept, ...(await Promise.all(signers.map((key) => provePossession(about, key))))];
}
