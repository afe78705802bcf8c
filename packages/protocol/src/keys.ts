import { importJWK } from "jose";
import { z } from "zod";
import { toBase64urlPattern, toDigest } from "./bytes.ts";
import { encodeCanonical } from "./canonical.ts";
import { isUsablePoint } from "./curve.ts";
import { LeixError } from "./errors.ts";
import { KeyId, NumericDate } from "./ids.ts";

const coordinate = z.string().regex(toBase64urlPattern(32));

export const EcPublicJwk = z.strictObject({
  kty: z.literal("EC"),
  crv: z.literal("P-256"),
  x: coordinate,
  y: coordinate,
});
const Ed25519PublicJwk = z.strictObject({ kty: z.literal("OKP"), crv: z.literal("Ed25519"), x: coordinate });
export const X25519PublicJwk = z.strictObject({
  kty: z.literal("OKP"),
  crv: z.literal("X25519"),
  x: coordinate,
});

const validity = { kid: KeyId, nbf: NumericDate, exp: NumericDate };

/**
 * A public key as a statement registers it. The algorithm is a fact of the key, never of a token: `ES256`
 * (RFC 7518) or `Ed25519` (RFC 9864) to sign, `ECDH-ES+A256KW` (RFC 7518, RFC 8037) to encrypt. With a key
 * to `cosign` a witness signs checkpoints (C2SP tlog-cosignature, which knows Ed25519 only) and nothing else.
 */
export const RegisteredKey = z.discriminatedUnion("alg", [
  z.strictObject({ ...validity, use: z.literal("sig"), alg: z.literal("ES256"), jwk: EcPublicJwk }),
  z.strictObject({
    ...validity,
    use: z.enum(["sig", "cosign"]),
    alg: z.literal("Ed25519"),
    jwk: Ed25519PublicJwk,
  }),
  z.strictObject({
    ...validity,
    use: z.literal("enc"),
    alg: z.literal("ECDH-ES+A256KW"),
    jwk: z.discriminatedUnion("crv", [EcPublicJwk, X25519PublicJwk]),
  }),
]);
export type RegisteredKey = z.infer<typeof RegisteredKey>;
export type PublicJwk = RegisteredKey["jwk"];
export type SigningAlgorithm = "ES256" | "Ed25519";

/** A key that signs: its private part is at hand, or elsewhere, where it is asked to sign. */
export type SigningKey = LocalKey | RemoteKey;

/** `jwk` holds the private part: never log or send it. */
export interface LocalKey {
  readonly kid: KeyId;
  readonly alg: SigningAlgorithm;
  readonly jwk: PrivateJwk;
}

/** A key that never leaves its place, a PKCS#11 token for one. */
export interface RemoteKey {
  readonly kid: KeyId;
  readonly alg: SigningAlgorithm;
  readonly publicJwk: PublicJwk;
  /** The 64 bytes of a signature as RFC 7518 section 3.4 and RFC 8037 section 3.1 have it. */
  sign(input: Uint8Array<ArrayBuffer>): Promise<Uint8Array>;
}

/** The public part, as a statement registers it. */
export function toPublicJwk(key: SigningKey): PublicJwk {
  if (!("jwk" in key)) return key.publicJwk;
  const { d: _private, ...jwk } = key.jwk;
  return jwk;
}

export interface DecryptionKey {
  readonly kid: KeyId;
  readonly jwk: PrivateJwk;
}
export type PrivateJwk = PublicJwk & { readonly d: string };

/** RFC 7638 section 3: SHA-256 over the required members in canonical order. */
export function toThumbprint(jwk: PublicJwk): KeyId {
  const { crv, kty, x } = jwk;
  const required = jwk.kty === "EC" ? { crv, kty, x, y: jwk.y } : { crv, kty, x };
  return KeyId.parse(toDigest(encodeCanonical(required)));
}

/** All of `refuseForeignKid`, and the platform's own checks on import. Throws `key/invalid`. */
export async function verifyKey(key: RegisteredKey): Promise<void> {
  refuseForeignKid(key);
  try {
    await importJWK(key.jwk, key.alg);
  } catch (cause) {
    throw new LeixError("key/invalid", `kid ${key.kid}`, { cause });
  }
}

/**
 * Throws `key/invalid` where a kid is not the thumbprint of its key, or the key not a usable point of its
 * curve.
 */
export function refuseForeignKid(key: RegisteredKey): void {
  if (toThumbprint(key.jwk) !== key.kid)
    throw new LeixError("key/invalid", `kid ${key.kid} is another key's`);
  if (!isUsablePoint(key.jwk)) throw new LeixError("key/invalid", `kid ${key.kid} is not a usable point`);
}
