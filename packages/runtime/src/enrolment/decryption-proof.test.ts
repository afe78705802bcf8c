import { createNkey, toAccountId } from "@leix/broker";
import {
  type DecryptionProof,
  decodeBase64url,
  type EnrolmentRequest,
  encodeBase64url,
  encodeCanonicalBytes,
  type PublicJwk,
} from "@leix/protocol";
import { describe, expect, test } from "vitest";
import { createEncryptionKey, type EncryptionCurve } from "../network/key-pairs.ts";
import {
  createChallenge,
  proveDecryption,
  type UnprovenRequest,
  verifyDecryption,
} from "./decryption-proof.ts";

const CURVES: readonly EncryptionCurve[] = ["P-256", "X25519"];

const toId = () => toAccountId(createNkey("account"));

function createCase(curve: EncryptionCurve) {
  const { challenge, keys } = createChallenge(2_000_000_000);
  const own = createEncryptionKey(curve, { nbf: 1, exp: 2_000_000_000 });
  const request = {
    v: 1,
    aud: "test.example",
    iss: "AL-CUSTOMS",
    iat: 1_800_000_000,
    challenge: challenge.id,
    keys: [own.registered],
    account: { id: toId(), signers: [toId()] },
    proofs: [],
  } as unknown as UnprovenRequest;
  return { challenge, keys, own, request, proofs: proveDecryption(request, challenge, [own.key]) };
}

const codeOf = (request: UnprovenRequest, decryption: DecryptionProof[], keys: never): string => {
  try {
    verifyDecryption({ ...request, decryption } as EnrolmentRequest, keys);
    return "proven";
  } catch (error) {
    return (error as { code: string }).code;
  }
};

/** The steps of the protocol's text once more, by other means: WebCrypto. */
async function deriveMac(
  curve: EncryptionCurve,
  own: object,
  other: PublicJwk,
  request: UnprovenRequest,
  kid: string,
) {
  const { subtle } = crypto;
  const algorithm = curve === "P-256" ? { name: "ECDH", namedCurve: "P-256" } : { name: "X25519" };
  const privateKey = await subtle.importKey("jwk", own, algorithm, false, ["deriveBits"]);
  const publicKey = await subtle.importKey("jwk", { ...other }, algorithm, false, []);
  const secret = await subtle.deriveBits({ name: algorithm.name, public: publicKey }, privateKey, 256);
  const { aud, iss: party, challenge } = request;
  const info = encodeCanonicalBytes({ aud, authority: "AL", challenge, kid, party, v: 1 });
  const hkdf = await subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"]);
  const salt = new Uint8Array();
  const bits = await subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt, info }, hkdf, 256);
  const key = await subtle.importKey("raw", bits, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await subtle.sign("HMAC", key, encodeCanonicalBytes(request)));
}

describe.each(CURVES)("a proof that one can decrypt to a key on %s", (curve) => {
  test("is what the protocol's text says, from either side", async () => {
    const { challenge, keys, own, request, proofs } = createCase(curve);
    const [theirs, ours] = curve === "P-256" ? [challenge.p256, keys.p256] : [challenge.x25519, keys.x25519];
    const { kid, jwk } = own.registered;
    const byAgency = await deriveMac(curve, own.key.jwk, theirs, request, kid);
    const byAuthority = await deriveMac(curve, ours, jwk, request, kid);
    expect(proofs).toEqual([{ kid, mac: encodeBase64url(byAgency) }]);
    expect(byAuthority).toEqual(byAgency);
    expect(codeOf(request, proofs, keys as never)).toBe("proven");
  });

  test("is refused of another key, for another challenge, agency or request, or twice", () => {
    const { keys, own, request, proofs } = createCase(curve);
    const other = createCase(curve);
    const code = "enrolment/decryption-proof";
    const forged = proveDecryption(request, other.challenge, [{ ...own.key, jwk: other.own.key.jwk }]);
    expect(codeOf(request, forged, keys as never)).toBe(code);
    expect(codeOf(request, proofs, other.keys as never)).toBe(code);
    expect(codeOf({ ...request, iss: "AL-SPOC" as never }, proofs, keys as never)).toBe(code);
    expect(codeOf({ ...request, iat: request.iat + 1 }, proofs, keys as never)).toBe(code);
    expect(codeOf(request, [...proofs, ...proofs], keys as never)).toBe(code);
    expect(codeOf(request, [], keys as never)).toBe(code);
    const [proof] = proofs;
    const bytes = decodeBase64url(proof?.mac ?? "") ?? new Uint8Array();
    bytes[0] = (bytes[0] ?? 0) ^ 1;
    const flipped = [{ ...proof, mac: encodeBase64url(bytes) }] as DecryptionProof[];
    expect(codeOf(request, flipped, keys as never)).toBe(code);
  });
});
