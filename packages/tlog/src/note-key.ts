import {
  decodeBase64url,
  encodeBase64url,
  encodeUtf8,
  LeixError,
  RegisteredKey,
  refuseForeignKid,
  type SigningKey,
  toPublicJwk,
  toThumbprint,
} from "@leix/protocol";
import { sha256 } from "@noble/hashes/sha2.js";
import { decodeBase64, encodeBase64 } from "./base64.ts";
import {
  importPrivateKey,
  importPublicKey,
  PUBLIC_KEY_BYTES,
  type SignBytes,
  type VerifyBytes,
} from "./ed25519.ts";
import { isKeyName } from "./note.ts";

/** signed-note, "Signature types": those this exchange uses, one for logs and one for witnesses. */
const SIGNATURE_TYPES = { ed25519: 0x01, "cosignature/v1": 0x04 } as const;
export type SignatureType = keyof typeof SIGNATURE_TYPES;

/** A public key as verifiers know it (a vkey). */
export interface VerifierKey<T extends SignatureType = SignatureType> {
  readonly type: T;
  readonly name: string;
  readonly keyId: number;
  readonly publicKey: Uint8Array;
}

/** A verifier key, imported. */
export interface NoteVerifier<T extends SignatureType = SignatureType> {
  readonly key: VerifierKey<T>;
  readonly verify: VerifyBytes;
}

/** A private key with what its signature lines need. */
export interface NoteSigner<T extends SignatureType = SignatureType> {
  readonly key: VerifierKey<T>;
  readonly sign: SignBytes;
}

/** signed-note, "Signatures": SHA-256(key name || 0x0A || signature type || public key)[:4]. */
export function toKeyId(name: string, type: SignatureType, publicKey: Uint8Array): number {
  const digest = sha256(Uint8Array.of(...encodeUtf8(`${name}\n`), SIGNATURE_TYPES[type], ...publicKey));
  return new DataView(digest.buffer, digest.byteOffset).getUint32(0);
}

/**
 * The verifier key of a public key under a name. Throws `tlog/key` for what is no name or no Ed25519 key, and
 * `key/invalid` for a key under which anyone could sign.
 */
export function toVerifierKey<T extends SignatureType>(
  name: string,
  type: T,
  publicKey: Uint8Array,
): VerifierKey<T> {
  if (!isKeyName(name)) throw new LeixError("tlog/key", "no key name");
  if (publicKey.byteLength !== PUBLIC_KEY_BYTES) {
    throw new LeixError("tlog/key", `a public key of ${publicKey.byteLength} bytes`);
  }
  refuseUnusable(publicKey);
  return { type, name, keyId: toKeyId(name, type, publicKey), publicKey };
}

/** signed-note, "Verifier keys": name, key id in hexadecimal, and base64 of type and public key. */
export function encodeVerifierKey({ type, name, keyId, publicKey }: VerifierKey): string {
  const material = Uint8Array.of(SIGNATURE_TYPES[type], ...publicKey);
  return `${name}+${toHex(keyId)}+${encodeBase64(material)}`;
}

/**
 * signed-note, "Verifier keys". Throws `tlog/key` for any other text, a key of another signature type than
 * the one that belongs here, and an id that is not the key's; `key/invalid` as `toVerifierKey` does.
 */
export function parseVerifierKey<T extends SignatureType>(text: string, type: T): VerifierKey<T> {
  // Base64 may have a plus, a name may not.
  const [name = "", id = "", ...encoded] = text.split("+");
  const material = decodeBase64(encoded.join("+"));
  if (material?.[0] !== SIGNATURE_TYPES[type]) throw new LeixError("tlog/key", `not of type ${type}`);
  const key = toVerifierKey(name, type, material.subarray(1));
  if (toHex(key.keyId) !== id) throw new LeixError("tlog/key", "the key id is not the key's");
  return key;
}

/** Imports the key once. Throws `tlog/key`. */
export async function createVerifier<T extends SignatureType>(key: VerifierKey<T>): Promise<NoteVerifier<T>> {
  return { key, verify: await importPublicKey(key.publicKey) };
}

/** Throws `tlog/key` for a key that is not Ed25519, or whose two halves do not belong together. */
export async function createSigner<T extends SignatureType>(
  name: string,
  type: T,
  signingKey: SigningKey,
): Promise<NoteSigner<T>> {
  const publicKey = decodeBase64url(toPublicJwk(signingKey).x);
  if (signingKey.alg !== "Ed25519" || !publicKey) throw new LeixError("tlog/key", "not an Ed25519 key");
  const key = toVerifierKey(name, type, publicKey);
  const [sign, verify] = await Promise.all([toSignBytes(signingKey), importPublicKey(publicKey)]);
  const probe = encodeUtf8("");
  if (!(await verify(probe, await sign(probe)))) {
    throw new LeixError("tlog/key", "private and public key do not belong together");
  }
  return { key, sign };
}

async function toSignBytes(key: SigningKey): Promise<SignBytes> {
  return "jwk" in key ? importPrivateKey(key.jwk) : (message) => key.sign(message);
}

/** The rule of every key of this exchange: a point of the curve, in its one spelling, not of small order. */
function refuseUnusable(publicKey: Uint8Array): void {
  const jwk = { kty: "OKP", crv: "Ed25519", x: encodeBase64url(publicKey) } as const;
  const registered = { kid: toThumbprint(jwk), nbf: 0, exp: 1, use: "sig", alg: "Ed25519", jwk };
  refuseForeignKid(RegisteredKey.parse(registered));
}

function toHex(keyId: number): string {
  return keyId.toString(16).padStart(8, "0");
}
