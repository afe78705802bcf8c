import { createHmac, createPrivateKey, sign } from "node:crypto";
import { encodeCanonical } from "../src/index.ts";
import type { SigningPair } from "./keys.ts";

/** What a hostile party can make: tokens that are properly signed, over a header or payload of any bytes. */

/** The order of P-256's base point (SEC 2 section 2.4.2). */
const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

export function toText(bytes: string | Uint8Array): string {
  return Buffer.from(bytes).toString("base64url");
}

/** A compact JWS over exactly these texts, signed by the key whatever the header says. */
export function forgeToken(header: string, payload: string, pair: SigningPair): string {
  return signText(`${toText(header)}.${toText(payload)}`, pair);
}

/** The same over parts that are already in base64url, or something like it. */
export function signText(input: string, { registered, privateJwk }: SigningPair): string {
  const key = createPrivateKey({ key: { ...privateJwk }, format: "jwk" });
  const isEs256 = registered.alg === "ES256";
  const signature = sign(isEs256 ? "sha256" : null, Buffer.from(input), { key, dsaEncoding: "ieee-p1363" });
  return `${input}.${signature.toString("base64url")}`;
}

/** HMAC under the text of a public key: what a verifier takes that lets the token choose the algorithm. */
export function forgeHmac(header: string, payload: string, pair: SigningPair): string {
  const input = `${toText(header)}.${toText(payload)}`;
  const mac = createHmac("sha512", encodeCanonical(pair.registered.jwk)).update(input).digest("base64url");
  return `${input}.${mac}`;
}

export function toHeader(pair: SigningPair, typ: string, more: Record<string, unknown> = {}): string {
  const { kid, alg } = pair.registered;
  return encodeCanonical({ alg, kid, typ, ...more });
}

/** The other signature that verifies just as well: (r, n - s). */
export function malleate(token: string): string {
  const dot = token.lastIndexOf(".") + 1;
  const signature = Buffer.from(token.slice(dot), "base64url");
  const s = P256_ORDER - BigInt(`0x${signature.subarray(32).toString("hex")}`);
  const twin = Buffer.concat([
    signature.subarray(0, 32),
    Buffer.from(s.toString(16).padStart(64, "0"), "hex"),
  ]);
  return token.slice(0, dot) + twin.toString("base64url");
}

/**
 * Another spelling of the same base64url: stray bits set in the last character. Null where there are none.
 */
export function respell(part: string): string | null {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  if (part.length % 4 === 0) return null;
  return part.slice(0, -1) + alphabet[alphabet.indexOf(part.slice(-1)) + 1];
}
