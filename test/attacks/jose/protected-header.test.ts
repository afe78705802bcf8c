import { encodeCanonical, encodeCanonicalBytes } from "@leix/protocol";
import { forgeHmac, forgeToken, type SigningPair } from "@leix/protocol/vectors";
import { checkExactlyOnce, createSigner, type Members, signToken, toForged } from "@leix/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Assault, MARKER, startAssault } from "../assault.ts";

/**
 * What a verifier believes of a token's header is where most JOSE attacks begin. Here it is believed nothing:
 * it must be exactly the canonical {alg, kid, typ}, and algorithm and key are facts of the registry.
 * Every token is signed well over the header that it has.
 */
const TYP = "leix-message+jwt";

let assault: Assault;
let pair: SigningPair;
/** Proper claims, in their canonical form, and the body that they bind. */
let payload: string;
let body: Awaited<ReturnType<Assault["message"]>>["body"];
let claims: Members;
beforeAll(async () => {
  assault = await startAssault();
  pair = await assault.pair();
  ({ body, claims } = await assault.message());
  payload = encodeCanonical(claims);
});
afterAll(() => assault?.[Symbol.asyncDispose]());

const wrap = (token: string) => toForged(token, body, claims).bytes;
const toHeader = (more: Members = {}) =>
  encodeCanonical({ alg: pair.registered.alg, kid: pair.registered.kid, typ: TYP, ...more });

describe("jws/header: a member that is not as the registry has it, or that nobody asked for", () => {
  const CASES: readonly (readonly [string, (own: SigningPair) => Members])[] = [
    ["alg none", () => ({ alg: "none" })],
    ["alg None", () => ({ alg: "None" })],
    ["alg HS256", () => ({ alg: "HS256" })],
    ["alg RS256", () => ({ alg: "RS256" })],
    ["alg PS256", () => ({ alg: "PS256" })],
    ["alg ES384", () => ({ alg: "ES384" })],
    ["alg ES256K", () => ({ alg: "ES256K" })],
    ["alg EdDSA, the old name", () => ({ alg: "EdDSA" })],
    ["alg in lower case", () => ({ alg: "es256" })],
    ["alg as a list", () => ({ alg: ["ES256"] })],
    ["no alg", () => ({ alg: undefined })],
    ["no kid", () => ({ kid: undefined })],
    ["no typ", () => ({ typ: undefined })],
    ["an embedded jwk", ({ registered }) => ({ jwk: registered.jwk })],
    ["an embedded x5c", () => ({ x5c: [MARKER] })],
    ["a jku", () => ({ jku: `https://attacker.example/${MARKER}` })],
    ["an x5u", () => ({ x5u: `https://attacker.example/${MARKER}` })],
    ["an x5t#S256", ({ registered }) => ({ "x5t#S256": registered.kid })],
    ["kid injection: a path", () => ({ kid: `../../keys/${MARKER}` })],
    ["kid injection: SQL", () => ({ kid: `' OR '1'='1' -- ${MARKER}` })],
    ["kid injection: an address", () => ({ kid: `https://attacker.example/${MARKER}` })],
    ["kid injection: a shell", () => ({ kid: `$(touch /tmp/${MARKER})` })],
    ["kid injection: a null byte", ({ registered }) => ({ kid: `${registered.kid}\0${MARKER}` })],
    ["kid injection: an object", ({ registered }) => ({ kid: { $eq: registered.kid } })],
    ["kid injection: __proto__", () => ({ kid: "__proto__" })],
    ["a kid with stray bits", ({ registered }) => ({ kid: `${registered.kid.slice(0, -1)}B` })],
    ["crit of what nobody knows", () => ({ crit: ["exp"], exp: 1 })],
    ["an empty crit", () => ({ crit: [] })],
    ["b64 false", () => ({ crit: ["b64"], b64: false })],
    ["cty", () => ({ cty: "JWT" })],
    ["zip, which would unpack", () => ({ zip: "DEF" })],
    ["enc, as of a JWE", () => ({ enc: "A256GCM" })],
    ["an invented member", () => ({ [MARKER]: 1 })],
    ["a member __proto__", () => JSON.parse('{"__proto__":{"alg":"none"}}')],
  ];
  it.each(CASES)("%s", async (_name, toMore) => {
    await assault.refused(wrap(forgeToken(toHeader(toMore(pair)), payload, pair)), "jws/header");
  });

  it("a key of the attacker's own, embedded and signed with", async () => {
    const { key, registered } = createSigner();
    const header = { alg: key.alg, kid: key.kid, typ: TYP, jwk: registered.jwk };
    await assault.refused(wrap(signToken(header, encodeCanonicalBytes(claims), key)), "jws/header");
  });

  it("HMAC under the text of a victim's public key", async () => {
    const victim = await assault.pair("RS-FIU");
    const header = encodeCanonical({ alg: "HS512", kid: victim.registered.kid, typ: TYP });
    await assault.refused(wrap(forgeHmac(header, payload, victim)), "jws/header");
  });
});

it("after all of it everything happened once, and the auditor agrees", async () => {
  expect(await checkExactlyOnce(assault.exchange)).toEqual([]);
});
