import type { Trust } from "@leix/exchange";
import { AgencyId, decodeBase64url, RegisteredKey, toWitnessName } from "@leix/protocol";
import { encodeVerifierKey, toVerifierKey } from "@leix/tlog";
import { readStatement } from "./replay/statement-keys.ts";
import { readStoredLines } from "./store-source.ts";

/**
 * The verifier keys (vkeys) of every key with which an agency ever was to cosign, as the statements of a
 * store that may be damaged say, as far as they can be read. Nothing is verified: they are for finding a
 * changed byte. Whether such a key counts is for whoever accepts a checkpoint.
 */
export async function listStoreWitnesses(folder: string, { aud }: Trust): Promise<readonly string[]> {
  /** By name and id, as a verifier must be able to tell them apart. */
  const found = new Map<string, string>();
  for await (const record of readStoredLines(folder)) {
    const { kind, subject, keys } = readStatement(record) ?? {};
    const agency = kind === "agency" ? AgencyId.safeParse(subject).data : undefined;
    if (agency === undefined || !Array.isArray(keys)) continue;
    for (const publicKey of keys.flatMap(readCosigningKey)) {
      const key = toVerifierKey(toWitnessName(aud, agency), "cosignature/v1", publicKey);
      found.set(`${key.name}+${key.keyId}`, encodeVerifierKey(key));
    }
  }
  return [...found.values()];
}

function readCosigningKey(one: unknown): Uint8Array[] {
  const { data } = RegisteredKey.safeParse(one);
  const publicKey = data?.use === "cosign" && data.alg === "Ed25519" ? decodeBase64url(data.jwk.x) : null;
  return publicKey ? [publicKey] : [];
}
