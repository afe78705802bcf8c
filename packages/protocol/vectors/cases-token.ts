import { CLAIMS_TYP, encodeCanonical, limits, signJws } from "../src/index.ts";
import { KEYS, REQUEST } from "./examples.ts";
import { forgeHmac, forgeToken, malleate, respell, toHeader, toText } from "./forge.ts";
import { toSigningKey } from "./keys.ts";
import type { Case } from "./run.ts";

const { spoc, customs, authority, fiuEnc } = KEYS;
const PAYLOAD = encodeCanonical(REQUEST);
const input = (token: string, key: unknown = spoc.registered) => ({
  token,
  typ: CLAIMS_TYP,
  payloadBytesMax: limits.CLAIMS_BYTES_MAX,
  key,
});

function toInvalid(name: string, proves: string, token: string, code: string, key?: unknown): Case {
  return { name: `invalid/token-${name}`, what: "token", proves, input: input(token, key), code };
}

const withHeader = (header: string) => forgeToken(header, PAYLOAD, spoc);
const withMembers = (more: Record<string, unknown>) => withHeader(toHeader(spoc, CLAIMS_TYP, more));
const withPayload = (payload: string) => forgeToken(toHeader(spoc, CLAIMS_TYP), payload, spoc);

/** Header members beside the three, or other values in their place. */
const HEADERS: readonly (readonly [string, string, Record<string, unknown>])[] = [
  ["alg-none", "alg none is refused, even beside a signature.", { alg: "none" }],
  ["alg-hs256", "A symmetric algorithm is refused.", { alg: "HS256" }],
  ["alg-eddsa", "The polymorphic name EdDSA is refused.", { alg: "EdDSA" }],
  ["alg-es384", "An algorithm that is not one of the two is refused.", { alg: "ES384" }],
  ["no-kid", "A header without a kid is refused.", { kid: undefined }],
  ["kid-path", "A kid is a thumbprint and nothing else.", { kid: "../../etc/passwd" }],
  ["crit", "crit is refused, whatever it lists.", { crit: ["exp"], exp: 1 }],
  ["b64", "An unencoded payload (RFC 7797) is refused.", { b64: false, crit: ["b64"] }],
  ["jwk", "An embedded key is refused.", { jwk: spoc.registered.jwk }],
  ["jku", "An address of keys is refused.", { jku: "https://attacker.example/keys" }],
  ["x5c", "An embedded certificate is refused.", { x5c: ["MIIB"] }],
  ["cty", "Even a harmless member is refused.", { cty: "JWT" }],
];

const PAYLOADS: readonly (readonly [string, string, string, string])[] = [
  [
    "payload-white-space",
    "A payload that is not canonical is refused, however signed.",
    `${PAYLOAD} `,
    "input/not-canonical",
  ],
  [
    "payload-duplicate-member",
    "A payload with a duplicate member is refused.",
    '{"a":1,"a":1}',
    "input/not-canonical",
  ],
  ["payload-not-json", "A payload that is not JSON is refused.", "hello", "input/not-json"],
  [
    "payload-large",
    "A payload above its limit is refused.",
    `"${"x".repeat(limits.CLAIMS_BYTES_MAX)}"`,
    "input/too-large",
  ],
];

export async function listTokenCases(): Promise<Case[]> {
  const es256 = await signJws(REQUEST, CLAIMS_TYP, toSigningKey(spoc));
  const ed25519 = await signJws(REQUEST, CLAIMS_TYP, toSigningKey(customs));
  const valid = (name: string, proves: string, token: string, signed: typeof es256, key: unknown): Case => ({
    name: `valid/token-${name}`,
    what: "token",
    proves,
    input: input(token, key),
    expect: { digest: signed.digest, payload: REQUEST },
  });
  return [
    valid("es256", "A token signed with ES256.", es256.token, es256, spoc.registered),
    valid("ed25519", "A token signed with Ed25519.", ed25519.token, ed25519, customs.registered),
    valid(
      "es256-malleated",
      "The other signature (r, n-s) of token-es256 verifies too, and has the same digest.",
      malleate(es256.token),
      es256,
      spoc.registered,
    ),
    ...HEADERS.map(([name, proves, more]) => toInvalid(name, proves, withMembers(more), "jws/header")),
    ...PAYLOADS.map(([name, proves, payload, code]) => toInvalid(name, proves, withPayload(payload), code)),
    ...listSpellingCases(es256.token),
    ...listKeyMismatchCases(es256.token),
  ];
}

function listSpellingCases(token: string): Case[] {
  const { alg, kid } = spoc.registered;
  const [header = "", payload = "", signature = ""] = token.split(".");
  const unordered = withHeader(`{"kid":"${kid}","alg":"${alg}","typ":"${CLAIMS_TYP}"}`);
  const twice = withHeader(`{"alg":"none","alg":"${alg}","kid":"${kid}","typ":"${CLAIMS_TYP}"}`);
  const spaced = withHeader(` ${toHeader(spoc, CLAIMS_TYP)}`);
  const unsigned = `${toText(toHeader(spoc, CLAIMS_TYP, { alg: "none" }))}.${payload}.`;
  const statement = withHeader(toHeader(spoc, "leix-statement+jwt"));
  const stray = `${header}.${payload}.${respell(signature)}`;
  return [
    toInvalid("header-unordered", "The header's members stand in canonical order.", unordered, "jws/header"),
    toInvalid("header-duplicate-alg", "A header with two alg is refused.", twice, "jws/header"),
    toInvalid("header-white-space", "A header with white space is refused.", spaced, "jws/header"),
    toInvalid("typ-of-another-kind", "A statement is not taken for a message.", statement, "jws/type"),
    toInvalid("unsigned", "A token without a signature is refused.", unsigned, "jws/malformed"),
    toInvalid("two-parts", "A token has three parts.", `${header}.${payload}`, "jws/malformed"),
    toInvalid("padded", "Base64url has no padding.", `${token}==`, "jws/malformed"),
    toInvalid("stray-bits", "Base64url has one spelling: no stray bits.", stray, "jws/malformed"),
    toInvalid("signature-short", "A signature has 64 bytes.", token.slice(0, -2), "jws/malformed"),
  ];
}

function listKeyMismatchCases(token: string): Case[] {
  const asEd = withMembers({ alg: "Ed25519" });
  const asEs = forgeToken(toHeader(customs, CLAIMS_TYP, { alg: "ES256" }), PAYLOAD, customs);
  const altered = token.replace(/\.[^.]+\./, `.${toText(encodeCanonical({ ...REQUEST, seq: 2 }))}.`);
  const injected = forgeToken(toHeader(spoc, CLAIMS_TYP), PAYLOAD, authority);
  const enc = withMembers({ kid: fiuEnc.registered.kid });
  const hmac = forgeHmac(toHeader(spoc, CLAIMS_TYP, { alg: "HS512" }), PAYLOAD, spoc);
  const invalid = "jws/signature-invalid";
  return [
    toInvalid("es256-key-as-ed25519", "The algorithm is the key's, not the token's.", asEd, "jws/algorithm"),
    toInvalid("ed25519-key-as-es256", "And the reverse.", asEs, "jws/algorithm", customs.registered),
    toInvalid("key-to-encrypt", "A key to encrypt verifies nothing.", enc, "jws/key-use", fiuEnc.registered),
    toInvalid(
      "other-key",
      "Only the key that kid names is tried.",
      token,
      "jws/key-unknown",
      authority.registered,
    ),
    toInvalid("kid-injection", "A token signed by another key than it names is refused.", injected, invalid),
    toInvalid("altered-payload", "A payload put in after signing is refused.", altered, invalid),
    toInvalid("hmac-under-public-key", "HMAC under the public key is refused.", hmac, "jws/header"),
  ];
}
