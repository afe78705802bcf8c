import { type KeyId, LeixError, type ParsedJws, type PartyId, verifyJws } from "@leix/protocol";
import type { KnownKey } from "./membership.ts";

/** Where in the ledger, and when, a signature has to have been good. */
export interface SignedPlace {
  readonly index: number;
  /** NumericDate by which the key's validity counts. */
  readonly time: number;
}

/**
 * Whether a token is signed by a party with a key that was its own, valid then, and not withdrawn before that
 * place of the ledger: a later withdrawal does not unsign the past. Throws `jws/key-unknown` (newer
 * membership may know it), `identity/issuer-not-account`, `jws/key-not-valid`, and the codes of `verifyJws`.
 */
export async function verifySigner(
  findKey: (kid: KeyId) => KnownKey | undefined,
  jws: ParsedJws,
  party: PartyId,
  place: SignedPlace,
): Promise<void> {
  const { kid } = jws.header;
  const known = findKey(kid);
  if (!known) throw new LeixError("jws/key-unknown", `kid ${kid}`);
  if (known.party !== party) {
    throw new LeixError("identity/issuer-not-account", `kid ${kid} is ${known.party}'s, not ${party}'s`);
  }
  const { key, withdrawnAt = Number.POSITIVE_INFINITY } = known;
  if (place.time < key.nbf || place.time >= key.exp || place.index >= withdrawnAt) {
    throw new LeixError("jws/key-not-valid", `kid ${kid}`);
  }
  await verifyJws(jws, key);
}
