import { LeixError, type PrivateJwk } from "@leix/protocol";

/** RFC 8032 section 5.1 by the platform (WebCrypto). */

export type VerifyBytes = (message: Uint8Array<ArrayBuffer>, signature: Uint8Array) => Promise<boolean>;
export type SignBytes = (message: Uint8Array<ArrayBuffer>) => Promise<Uint8Array>;

export const PUBLIC_KEY_BYTES = 32;
export const SIGNATURE_BYTES = 64;

/** Imports once: importing costs as much as verifying. Throws `tlog/key`. */
export async function importPublicKey(publicKey: Uint8Array): Promise<VerifyBytes> {
  try {
    const key = await crypto.subtle.importKey("raw", Uint8Array.from(publicKey), "Ed25519", false, [
      "verify",
    ]);
    return (message, signature) => crypto.subtle.verify("Ed25519", key, Uint8Array.from(signature), message);
  } catch (cause) {
    throw new LeixError("tlog/key", "not an Ed25519 public key", { cause });
  }
}

/** Throws `tlog/key`. */
export async function importPrivateKey(jwk: PrivateJwk): Promise<SignBytes> {
  try {
    const key = await crypto.subtle.importKey("jwk", { ...jwk }, "Ed25519", false, ["sign"]);
    return async (message) => new Uint8Array(await crypto.subtle.sign("Ed25519", key, message));
  } catch (cause) {
    throw new LeixError("tlog/key", "not an Ed25519 private key", { cause });
  }
}
