import { describe, expect, it } from "vitest";
import { codeOf, codeOfAsync, errorOf } from "../vectors/codes.ts";
import { KEYS } from "../vectors/examples.ts";
import { forgeHmac, forgeToken, signText, toHeader, toText } from "../vectors/forge.ts";
import { toSigningKey } from "../vectors/keys.ts";
import { encodeCanonical } from "./canonical.ts";
import { parseJws, signJws, verifyJws } from "./jws.ts";
import { type RegisteredKey, refuseForeignKid, toThumbprint } from "./keys.ts";

const TYP = "leix-message+jwt";
const PAYLOAD = '{"a":1}';
const { spoc, customs, customsEnc } = KEYS;
const KID = spoc.registered.kid;

const parse = (token: string) => parseJws(token, TYP, 1_000);
const parseWithHeader = (header: string) => parse(forgeToken(header, PAYLOAD, spoc));

describe("the protected header is exactly {alg, kid, typ}", () => {
  it("takes that", () => {
    expect(parseWithHeader(toHeader(spoc, TYP)).header.kid).toBe(KID);
  });

  it.each([
    ["alg none", { alg: "none" }],
    ["alg None", { alg: "None" }],
    ["alg HS256", { alg: "HS256" }],
    ["alg RS256", { alg: "RS256" }],
    ["alg ES384", { alg: "ES384" }],
    ["alg ES256K", { alg: "ES256K" }],
    ["the old name EdDSA (RFC 8037)", { alg: "EdDSA" }],
    ["alg in lower case", { alg: "es256" }],
    ["alg as a list", { alg: ["ES256"] }],
    ["no alg", { alg: undefined }],
    ["no kid", { kid: undefined }],
    ["no typ", { typ: undefined }],
    ["a kid that is a path", { kid: "../../../../dev/null" }],
    ["a kid that is a query", { kid: "' OR '1'='1" }],
    ["a kid that is an address", { kid: "https://attacker.example/key" }],
    ["a kid with stray bits", { kid: `${KID.slice(0, -1)}B` }],
    ["a kid as an object", { kid: { eq: KID } }],
    ["crit that lists nothing known", { crit: ["exp"], exp: 1 }],
    ["an empty crit", { crit: [] }],
    ["crit b64", { crit: ["b64"], b64: false }],
    ["b64 alone", { b64: true }],
    ["jwk", { jwk: spoc.registered.jwk }],
    ["jku", { jku: "https://attacker.example/keys" }],
    ["x5c", { x5c: ["MIIB"] }],
    ["x5u", { x5u: "https://attacker.example/cert" }],
    ["x5t", { x5t: "AAAA" }],
    ["cty", { cty: "JWT" }],
    ["zip", { zip: "DEF" }],
    ["enc", { enc: "A256GCM" }],
    ["an invented member", { x: 1 }],
    ["__proto__", JSON.parse('{"__proto__":{"alg":"ES256"}}')],
    ["typ of another type", { typ: 1 }],
  ])("refuses %s", (_, more) => {
    expect(codeOf(() => parseWithHeader(toHeader(spoc, TYP, more as Record<string, unknown>)))).toBe(
      "jws/header",
    );
  });

  const { alg, kid } = spoc.registered;
  it.each([
    ["another order", `{"typ":"${TYP}","alg":"${alg}","kid":"${kid}"}`],
    ["white space", `{ "alg":"${alg}","kid":"${kid}","typ":"${TYP}"}`],
    ["a duplicate alg", `{"alg":"none","alg":"${alg}","kid":"${kid}","typ":"${TYP}"}`],
    ["a duplicate alg, the other way", `{"alg":"${alg}","alg":"none","kid":"${kid}","typ":"${TYP}"}`],
    ["a duplicate kid", `{"alg":"${alg}","kid":"${kid}","kid":"${customs.registered.kid}","typ":"${TYP}"}`],
    ["an escape", `{"alg":"${alg}","kid":"${kid}","typ":"leix-message\\u002bjwt"}`],
    ["a list", `["${alg}","${kid}","${TYP}"]`],
    ["a text", `"${alg}"`],
    ["null", "null"],
    ["nothing", ""],
    ["no JSON", "{"],
    ["a byte-order mark", `\ufeff${toHeader(spoc, TYP)}`],
    ["nesting", "[".repeat(100) + "]".repeat(100)],
    ["more than its limit", `{"alg":"${alg}","kid":"${kid}","typ":"${"x".repeat(300)}"}`],
  ])("refuses %s", (_, header) => {
    expect(codeOf(() => parseWithHeader(header))).toBe("jws/header");
  });

  it("refuses an unsigned token, with and without a signature", () => {
    const input = `${toText(toHeader(spoc, TYP, { alg: "none" }))}.${toText(PAYLOAD)}`;
    expect(codeOf(() => parse(`${input}.`))).toBe("jws/malformed");
    expect(codeOf(() => parse(`${input}.${toText(Buffer.alloc(64))}`))).toBe("jws/header");
  });

  it("refuses HMAC under the public key", () => {
    const header = toHeader(spoc, TYP, { alg: "HS512" });
    expect(codeOf(() => parse(forgeHmac(header, PAYLOAD, spoc)))).toBe("jws/header");
  });

  it.each([
    "leix-statement+jwt",
    "leix-decision+sd-jwt",
    "JWT",
    "",
    "application/leix-message+jwt",
    "LEIX-MESSAGE+JWT",
  ])("takes no token of one kind for another: typ %j", (typ) => {
    expect(codeOf(() => parseWithHeader(toHeader(spoc, typ)))).toBe("jws/type");
  });

  it("repeats nothing of a header in the refusal", () => {
    for (const more of [
      { typ: "Marker7f3a" },
      { Marker7f3a: 1 },
      { alg: "Marker7f3a" },
      { kid: "Marker7f3a" },
    ]) {
      const error = errorOf(() => parseWithHeader(toHeader(spoc, TYP, more)));
      expect(`${error.message}${error.explain()}`).not.toContain("Marker7f3a");
    }
  });
});

describe("the algorithm is a fact of the registered key", () => {
  it("refuses an ES256 key presented as Ed25519, and the reverse", async () => {
    const asEd = parseWithHeader(toHeader(spoc, TYP, { alg: "Ed25519" }));
    expect(await codeOfAsync(() => verifyJws(asEd, spoc.registered))).toBe("jws/algorithm");
    const asEs = parse(forgeToken(toHeader(customs, TYP, { alg: "ES256" }), PAYLOAD, customs));
    expect(await codeOfAsync(() => verifyJws(asEs, customs.registered))).toBe("jws/algorithm");
  });

  it("refuses a key that is registered to encrypt, even if it can sign", async () => {
    const enc = { ...spoc.registered, use: "enc", alg: "ECDH-ES+A256KW" } as RegisteredKey;
    expect(await codeOfAsync(() => verifyJws(parseWithHeader(toHeader(spoc, TYP)), enc))).toBe("jws/key-use");
    const named = parseWithHeader(toHeader(spoc, TYP, { kid: customsEnc.registered.kid }));
    expect(await codeOfAsync(() => verifyJws(named, customsEnc.registered))).toBe("jws/key-use");
  });

  it("refuses a key other than the one the header names", async () => {
    const jws = parseWithHeader(toHeader(spoc, TYP));
    expect(await codeOfAsync(() => verifyJws(jws, customs.registered))).toBe("jws/key-unknown");
    expect(await codeOfAsync(() => verifyJws(jws, KEYS.authority.registered))).toBe("jws/key-unknown");
  });

  it("refuses a token signed by another key than it names", async () => {
    const injected = parse(forgeToken(toHeader(spoc, TYP), PAYLOAD, KEYS.authority));
    expect(await codeOfAsync(() => verifyJws(injected, spoc.registered))).toBe("jws/signature-invalid");
  });

  it("refuses a signature over other bytes: a payload or header put in after signing", async () => {
    const { token } = await signJws({ a: 1 }, TYP, toSigningKey(spoc));
    const [header = "", , signature = ""] = token.split(".");
    const other = parse(`${header}.${toText('{"a":2}')}.${signature}`);
    expect(await codeOfAsync(() => verifyJws(other, spoc.registered))).toBe("jws/signature-invalid");
    const unencoded = parse(
      `${header}.${toText(PAYLOAD)}.${signText(`${header}.${PAYLOAD}`, spoc).split(".").at(-1)}`,
    );
    expect(await codeOfAsync(() => verifyJws(unencoded, spoc.registered))).toBe("jws/signature-invalid");
  });

  it("refuses a DER signature in the place of r and s", () => {
    const der = Buffer.from(`3046${"0221"}00${"ff".repeat(32)}${"0221"}00${"ff".repeat(32)}`, "hex");
    const token = `${toText(toHeader(spoc, TYP))}.${toText(PAYLOAD)}.${toText(der)}`;
    expect(codeOf(() => parse(token))).toBe("jws/malformed");
  });
});

describe("keys that should never have been registered", () => {
  it("do not verify when they are no point of the curve", async () => {
    const jwk = { ...spoc.registered.jwk, y: spoc.registered.jwk.x } as typeof spoc.registered.jwk;
    const kid = toThumbprint(jwk);
    const jws = parseWithHeader(toHeader(spoc, TYP, { kid }));
    const key = { ...spoc.registered, kid, jwk } as RegisteredKey;
    expect(await codeOfAsync(() => verifyJws(jws, key))).toBe("jws/signature-invalid");
  });

  it("are refused when registered, if of small order: anyone signs under them", async () => {
    const jwk = { kty: "OKP", crv: "Ed25519", x: `AQ${"A".repeat(41)}` } as const;
    const key = { ...customs.registered, kid: toThumbprint(jwk), jwk } as RegisteredKey;
    const header = encodeCanonical({ alg: "Ed25519", kid: key.kid, typ: TYP });
    // R the identity, S zero: right for every message, as OpenSSL 3.0 still says.
    const signature = Buffer.concat([Buffer.from([1]), Buffer.alloc(63)]);
    const jws = parse(`${toText(header)}.${toText(PAYLOAD)}.${toText(signature)}`);
    expect(await codeOfAsync(() => verifyJws(jws, key))).toBe("jws/signature-invalid");
    expect(codeOf(() => refuseForeignKid(key))).toBe("key/invalid");
  });
});
