import { createPublicKey, hash, type KeyObject, verify } from "node:crypto";
import type { Primitives } from "@leix/exchange/tried-record";
import type { Digest, RegisteredKey, VerifySignature } from "@leix/protocol";

/**
 * The core's own primitives by OpenSSL, in the thread that calls: hashes at the speed of the processor's
 * instructions, and signatures without the job, the promise and the copies that WebCrypto makes of each.
 */
export function createNativePrimitives(): NativePrimitives {
  return {
    digest: (data) => hash("sha256", data, "base64url") as Digest,
    hashLeaf: (entry) => new Uint8Array(hash("sha256", `\0${entry}`, "buffer")),
    verify: createVerifier(),
  };
}

export interface NativePrimitives extends Required<Primitives> {
  /** RFC 6962 section 2.1, of an entry's text: as `hashLeaf` has it of its bytes. */
  hashLeaf(entry: string): Uint8Array;
}

/** The answers of `verifyJws` by the platform. Remembers the keys, by the objects that they come in. */
function createVerifier(): VerifySignature {
  const known = new WeakMap<RegisteredKey, KeyObject | null>();
  const open = (key: RegisteredKey): KeyObject | null => {
    const opened = known.get(key);
    if (opened !== undefined) return opened;
    const imported = importKey(key);
    known.set(Object.freeze(key), imported);
    return imported;
  };
  return (input, signature, key) => {
    const imported = open(key);
    if (!imported) return false;
    if (key.alg === "Ed25519") return verify(null, input, imported, signature);
    return verify("sha256", input, { key: imported, dsaEncoding: "ieee-p1363" }, signature);
  };
}

/** Null for a pair that is no point of its curve. */
function importKey({ jwk }: RegisteredKey): KeyObject | null {
  try {
    return createPublicKey({ key: { ...jwk }, format: "jwk" });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ERR_CRYPTO_INVALID_JWK") return null;
    throw error;
  }
}
