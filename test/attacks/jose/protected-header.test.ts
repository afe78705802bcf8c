import { encodeCanonical, encodeCanonicalBytes } from "@leix/protocol";
import { forgeHmac, forgeToken, type SigningPair, toText } from "@leix/protocol/vectors";
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

describe("jws/header: another spelling of the right one", () => {
  const CASES: readonly (readonly [string, (header: string, kid: string) => string])[] = [
    ["a duplicate alg, none first", (header) => header.replace("{", '{"alg":"none",')],
    ["a duplicate alg, none last", (header) => header.replace("}", ',"alg":"none"}')],
    ["a duplicate kid", (header, kid) => header.replace("}", `,"kid":"${kid}"}`)],
    ["a duplicate alg, escaped", (header) => header.replace("{", '{"\\u0061lg":"none",')],
    ["another order", (header) => `{${header.slice(1, -1).split(",").reverse().join(",")}}`],
    ["white space", (header) => header.replace("{", "{ ")],
    ["an escape", (header) => header.replace("leix", "\\u006ceix")],
    ["a byte-order mark", (header) => `\ufeff${header}`],
    ["a list", (header) => `[${header}]`],
    ["null", () => "null"],
    ["no JSON", () => "{"],
    ["nothing", () => ""],
    ["deep nesting", () => "[".repeat(100) + "]".repeat(100)],
    ["more than a header may have", (header) => header.replace("}", `,"x":"${MARKER.repeat(10)}"}`)],
  ];
  it.each(CASES)("%s", async (_name, change) => {
    const header = change(toHeader(), pair.registered.kid);
    await assault.refused(wrap(forgeToken(header, payload, pair)), "jws/header");
  });
});

describe("jws/malformed: no signature at all", () => {
  it("alg none, and an empty signature", async () => {
    const token = `${toText(toHeader({ alg: "none" }))}.${toText(payload)}.`;
    await assault.refused(wrap(token), "jws/malformed");
  });

  it("the right header, and an empty signature", async () => {
    await assault.refused(wrap(`${toText(toHeader())}.${toText(payload)}.`), "jws/malformed");
  });
});

describe("jws/type: one token taken for another", () => {
  it.each([
    "leix-statement+jwt",
    "leix-decision+sd-jwt",
    "leix-possession+jwt",
    "leix-body+jwe",
    "application/leix-message+jwt",
    "LEIX-MESSAGE+JWT",
    "JWT",
    "",
  ])("claims as %j", async (typ) => {
    await assault.refused(wrap(forgeToken(toHeader({ typ }), payload, pair)), "jws/type");
  });

  it("claims in the place of a statement", async () => {
    const token = forgeToken(toHeader(), payload, pair);
    await assault.refused(encodeCanonicalBytes({ statement: token }), "jws/type");
  });

  it("a country's genuine statement in the place of a message", async () => {
    const bytes = await assault.forge.statement("clearance", "AL-CUSTOMS", { version: 2 });
    const { statement } = JSON.parse(new TextDecoder().decode(bytes));
    await assault.refused(encodeCanonicalBytes({ message: statement }), "jws/type");
  });

  it("the policy service's genuine decision in the place of a message", async () => {
    const [record] = await assault.exchange.records();
    const token = record?.decision.jws.token;
    expect(token).toBeDefined();
    await assault.refused(encodeCanonicalBytes({ message: token }), "jws/type");
  });

  it("the policy service's genuine decision in the place of a statement", async () => {
    const [record] = await assault.exchange.records();
    await assault.refused(encodeCanonicalBytes({ statement: record?.decision.jws.token }), "jws/type");
  });
});

it("after all of it everything happened once, and the auditor agrees", async () => {
  expect(await checkExactlyOnce(assault.exchange)).toEqual([]);
});
