import { generateKeyPairSync, type KeyObject } from "node:crypto";
import {
  type DecryptionKey,
  type LocalKey,
  type PrivateJwk,
  RegisteredKey,
  type SigningAlgorithm,
  toThumbprint,
} from "@leix/protocol";

/** From when to when a key may be used, in whole seconds. */
export interface KeyValidity {
  readonly nbf: number;
  readonly exp: number;
}

/** A new key: what a statement registers, and the text of the file that keeps the private part. */
export interface NewKey {
  readonly registered: RegisteredKey;
  readonly file: string;
}

export type EncryptionCurve = "P-256" | "X25519";

/** A new key to sign with, also in the form in which it signs. */
export function createSigningKey(alg: SigningAlgorithm, validity: KeyValidity): NewKey & { key: LocalKey } {
  const jwk = toJwk(alg === "ES256" ? createOnP256() : generateKeyPairSync("ed25519").privateKey);
  const made = toNewKey(jwk, "sig", alg, validity);
  return { ...made, key: { kid: made.registered.kid, alg, jwk } };
}

/** A new key to cosign checkpoints with, which knows Ed25519 only. */
export function createCosigningKey(validity: KeyValidity): NewKey & { key: LocalKey } {
  const jwk = toJwk(generateKeyPairSync("ed25519").privateKey);
  const made = toNewKey(jwk, "cosign", "Ed25519", validity);
  return { ...made, key: { kid: made.registered.kid, alg: "Ed25519", jwk } };
}

/** A new key to be encrypted to. */
export function createEncryptionKey(
  curve: EncryptionCurve,
  validity: KeyValidity,
): NewKey & { key: DecryptionKey } {
  const jwk = toJwk(curve === "P-256" ? createOnP256() : generateKeyPairSync("x25519").privateKey);
  const made = toNewKey(jwk, "enc", "ECDH-ES+A256KW", validity);
  return { ...made, key: { kid: made.registered.kid, jwk } };
}

function createOnP256(): KeyObject {
  return generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
}

function toJwk(key: KeyObject): PrivateJwk {
  return key.export({ format: "jwk" }) as PrivateJwk;
}

function toNewKey(
  jwk: PrivateJwk,
  use: RegisteredKey["use"],
  alg: RegisteredKey["alg"],
  validity: KeyValidity,
): NewKey {
  const { d: _private, ...publicJwk } = jwk;
  const kid = toThumbprint(publicJwk);
  return {
    registered: RegisteredKey.parse({ ...validity, kid, use, alg, jwk: publicJwk }),
    file: `${JSON.stringify({ ...jwk, kid, alg })}\n`,
  };
}
