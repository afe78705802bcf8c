import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  timingSafeEqual,
} from "node:crypto";
import {
  countryOf,
  type DecryptionKey,
  type DecryptionProof,
  decodeBase64url,
  type EnrolmentChallenge,
  type EnrolmentRequest,
  encodeBase64url,
  encodeCanonicalBytes,
  type KeyId,
  LeixError,
  type PrivateJwk,
  type PublicJwk,
} from "@leix/protocol";

const MAC_KEY_BYTES = 32;
const CHALLENGE_ID_BYTES = 16;

/** What is proven, beside the proofs themselves. */
export type UnprovenRequest = Omit<EnrolmentRequest, "decryption">;

/** The private part of a challenge: it opens nothing, and is kept until its one request has come. */
export interface ChallengeKeys {
  readonly p256: PrivateJwk;
  readonly x25519: PrivateJwk;
}

/** A fresh key of each curve that a decryption key may have. */
export function createChallenge(exp: number): { challenge: EnrolmentChallenge; keys: ChallengeKeys } {
  const id = encodeBase64url(crypto.getRandomValues(new Uint8Array(CHALLENGE_ID_BYTES)));
  const p256 = toJwk(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey);
  const x25519 = toJwk(generateKeyPairSync("x25519").privateKey);
  const challenge = { id, exp, p256: toPublic(p256), x25519: toPublic(x25519) } as EnrolmentChallenge;
  return { challenge, keys: { p256, x25519 } };
}

/**
 * For each key, a MAC of the request under a secret that the key shares with the challenge's: only who can
 * decrypt to the key can make it, or who made the challenge (RFC 6955 section 4).
 */
export function proveDecryption(
  request: UnprovenRequest,
  challenge: EnrolmentChallenge,
  keys: readonly DecryptionKey[],
): DecryptionProof[] {
  return keys.map(({ kid, jwk }) => {
    const other = jwk.crv === "P-256" ? challenge.p256 : challenge.x25519;
    const mac = toMac(request, kid, createPrivateKey({ key: jwk, format: "jwk" }), importPublic(other));
    return { kid, mac: encodeBase64url(mac) };
  });
}

/** Whether each new decryption key of a request is proven, once. Throws `enrolment/decryption-proof`. */
export function verifyDecryption({ decryption, ...request }: EnrolmentRequest, keys: ChallengeKeys): void {
  const wanted = new Map(request.keys.flatMap((key) => (key.use === "enc" ? [[key.kid, key.jwk]] : [])));
  for (const { kid, mac } of decryption) {
    const jwk = wanted.get(kid);
    if (!jwk) throw refuse(`kid ${kid} has nothing to prove, or twice`);
    const own = createPrivateKey({ key: jwk.crv === "P-256" ? keys.p256 : keys.x25519, format: "jwk" });
    const expected = toMac(request, kid, own, importPublic(jwk));
    const given = decodeBase64url(mac);
    if (!given || !timingSafeEqual(expected, given)) throw refuse(`that of kid ${kid} is wrong`);
    wanted.delete(kid);
  }
  const [missing] = wanted.keys();
  if (missing !== undefined) throw refuse(`kid ${missing} has none`);
}

/** RFC 5869: extract without a salt, then expand with all that the secret is for. */
function toMac(request: UnprovenRequest, kid: KeyId, privateKey: KeyObject, publicKey: KeyObject): Buffer {
  const { aud, iss: party, challenge } = request;
  const purpose = { aud, authority: countryOf(party), challenge, kid, party, v: 1 };
  const secret = diffieHellman({ privateKey, publicKey });
  const key = hkdfSync("sha256", secret, "", encodeCanonicalBytes(purpose), MAC_KEY_BYTES);
  return createHmac("sha256", new Uint8Array(key)).update(encodeCanonicalBytes(request)).digest();
}

function importPublic(jwk: PublicJwk): KeyObject {
  return createPublicKey({ key: { ...jwk }, format: "jwk" });
}

function toJwk(key: KeyObject): PrivateJwk {
  return key.export({ format: "jwk" }) as PrivateJwk;
}

function toPublic({ d: _private, ...jwk }: PrivateJwk): PublicJwk {
  return jwk;
}

function refuse(detail: string): LeixError {
  return new LeixError("enrolment/decryption-proof", detail);
}
