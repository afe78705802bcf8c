import { createHash, createPublicKey, verify } from "node:crypto";
import {
  LeixError,
  type PublicJwk,
  type RemoteKey,
  type SigningAlgorithm,
  toThumbprint,
} from "@leix/protocol";
import type { TokenPlace } from "./key-file.ts";
import { runTokenTool } from "./token-tool.ts";

const SIGNATURE_BYTES = 64;
/** Not a JWS, nor a note: what is signed to see whether a token has the key means nothing anywhere. */
const PROBE = new TextEncoder().encode("leix: is this the key?");

type PublicPart = Omit<RemoteKey, "sign">;

/**
 * A signing key that stays in its token. One signature is made and verified at once: throws
 * `token/key-mismatch` where the token has another key there, and the other `token/` codes.
 */
export async function openTokenKey(
  { kid, alg, publicJwk }: PublicPart,
  place: TokenPlace,
): Promise<RemoteKey> {
  let last: Promise<unknown> = Promise.resolve();
  const key: RemoteKey = {
    kid,
    alg,
    publicJwk,
    // A token does one thing at a time, and some of them refuse a second session.
    sign: (input) => {
      const signed = last.then(() => signWithToken(alg, place, input));
      last = signed.catch(() => undefined);
      return signed;
    },
  };
  if (!isSignedBy(key, PROBE, await key.sign(PROBE))) {
    throw new LeixError("token/key-mismatch", `${place.token}, not kid ${kid}`);
  }
  return key;
}

/** The public part of a key in a token: EC P-256 or Ed25519. Throws the `token/` codes. */
export async function readTokenKey(place: TokenPlace): Promise<PublicPart> {
  const output = Buffer.from(await runTokenTool(place, ["--read-object", "--type", "pubkey"]));
  const jwk = toPublicPart(output, place);
  const alg = jwk.kty === "EC" ? "ES256" : "Ed25519";
  return { kid: toThumbprint(jwk), alg, publicJwk: jwk };
}

async function signWithToken(
  alg: SigningAlgorithm,
  place: TokenPlace,
  input: Uint8Array,
): Promise<Uint8Array> {
  // The digest is made here: not every token can, and the message need not go through it.
  const [mechanism, bytes] =
    alg === "ES256" ? ["ECDSA", createHash("sha256").update(input).digest()] : ["EDDSA", input];
  // RFC 7518 section 3.4: R and S side by side, which is what PKCS#11 itself gives.
  const format = alg === "ES256" ? ["--signature-format", "rs"] : [];
  const signature = await runTokenTool(place, ["--sign", "--mechanism", mechanism, ...format], bytes);
  if (signature.byteLength === SIGNATURE_BYTES) return signature;
  throw new LeixError("token/failed", `${place.token}: a signature of ${signature.byteLength} bytes`);
}

function isSignedBy({ alg, publicJwk }: RemoteKey, input: Uint8Array, signature: Uint8Array): boolean {
  const key = createPublicKey({ key: { ...publicJwk }, format: "jwk" });
  return verify(alg === "ES256" ? "sha256" : null, input, { key, dsaEncoding: "ieee-p1363" }, signature);
}

/** SubjectPublicKeyInfo (RFC 5280 section 4.1): OpenSC gives DER for one type of key, PEM for another. */
function toPublicPart(output: Buffer, { token }: TokenPlace): PublicJwk {
  try {
    const isPem = output.subarray(0, 5).toString("latin1") === "-----";
    const key = isPem
      ? createPublicKey(output)
      : createPublicKey({ key: output, format: "der", type: "spki" });
    const { kty, crv, x, y } = key.export({ format: "jwk" });
    if (kty === "EC" && crv === "P-256" && x && y) return { kty, crv, x, y };
    if (kty === "OKP" && crv === "Ed25519" && x) return { kty, crv, x };
  } catch (cause) {
    throw new LeixError("token/failed", `${token}: not a public key`, { cause });
  }
  throw new LeixError("token/failed", `${token}: neither P-256 nor Ed25519`);
}
