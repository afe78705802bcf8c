import { describe, expect, it } from "vitest";
import { codeOf, codeOfAsync } from "../vectors/codes.ts";
import { KEYS } from "../vectors/examples.ts";
import { createEd25519, createEs256, createP256Encryption, createX25519Encryption } from "../vectors/keys.ts";
import { toDigest } from "./bytes.ts";
import { encodeCanonical } from "./canonical.ts";
import { KeyId } from "./ids.ts";
import { RegisteredKey, refuseForeignKid, toThumbprint, verifyKey } from "./keys.ts";

const { spoc, customs, customsEnc } = KEYS;

describe("toThumbprint", () => {
  it("is that of RFC 8037 (A.3)", () => {
    const jwk = { kty: "OKP", crv: "Ed25519", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" } as const;
    expect(toThumbprint(jwk)).toBe("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
  });

  it("is made as RFC 7638 (3.1) makes it: its RSA example, a key type this protocol does not have", () => {
    const n = [
      "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWK",
      "RXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMic",
      "AtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3",
      "XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
    ].join("");
    expect(toDigest(encodeCanonical({ n, kty: "RSA", e: "AQAB" }))).toBe(
      "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs",
    );
  });

  it("does not depend on the order of members", () => {
    const { jwk } = spoc.registered;
    const reversed = Object.fromEntries(Object.entries(jwk).toReversed()) as typeof jwk;
    expect(toThumbprint(reversed)).toBe(toThumbprint(jwk));
  });
});

describe("refuseForeignKid and verifyKey", () => {
  const all = [createEs256("a"), createEd25519("a"), createP256Encryption("b"), createX25519Encryption("b")];

  it("take a key of each kind under its own thumbprint", async () => {
    for (const { registered } of all) {
      refuseForeignKid(registered);
      await verifyKey(registered);
      expect(RegisteredKey.parse(registered)).toEqual(registered);
    }
    expect(all).toHaveLength(4);
  });

  it("refuse another key's kid", async () => {
    const foreign = { ...spoc.registered, kid: customs.registered.kid };
    expect(codeOf(() => refuseForeignKid(foreign))).toBe("key/invalid");
    expect(await codeOfAsync(() => verifyKey(foreign))).toBe("key/invalid");
  });

  it("refuse a pair that is no point of the curve, under the thumbprint of what it is", async () => {
    const { jwk } = spoc.registered;
    if (jwk.kty !== "EC") throw new Error("an ES256 key is an EC key");
    const off = { ...jwk, y: jwk.x };
    const key = { ...spoc.registered, jwk: off, kid: toThumbprint(off) } as RegisteredKey;
    expect(codeOf(() => refuseForeignKid(key))).toBe("key/invalid");
    expect(await codeOfAsync(() => verifyKey(key))).toBe("key/invalid");
  });

  it("refuse points of small order, which the platform imports", async () => {
    const identity = { kty: "OKP", crv: "Ed25519", x: `AQ${"A".repeat(41)}` } as const;
    const zero = { kty: "OKP", crv: "X25519", x: "A".repeat(43) } as const;
    const sig = { ...customs.registered, jwk: identity, kid: toThumbprint(identity) } as RegisteredKey;
    const enc = { ...customsEnc.registered, jwk: zero, kid: toThumbprint(zero) };
    for (const key of [sig, enc]) {
      expect(codeOf(() => refuseForeignKid(key))).toBe("key/invalid");
      expect(await codeOfAsync(() => verifyKey(key))).toBe("key/invalid");
    }
  });
});

describe("RegisteredKey", () => {
  const { jwk } = spoc.registered;
  const enc = customsEnc.registered;
  const cases: readonly (readonly [string, unknown])[] = [
    ["the private part", { ...spoc.registered, jwk: spoc.privateJwk }],
    ["ES256 with an Ed25519 key", { ...spoc.registered, jwk: customs.registered.jwk }],
    ["Ed25519 with a P-256 key", { ...customs.registered, jwk }],
    ["the old name EdDSA", { ...customs.registered, alg: "EdDSA" }],
    ["a key to sign registered to encrypt", { ...spoc.registered, use: "enc" }],
    ["a key to encrypt registered to sign", { ...enc, use: "sig" }],
    ["an Ed25519 key to encrypt", { ...enc, jwk: customs.registered.jwk }],
    ["an X25519 key to sign", { ...customs.registered, jwk: enc.jwk }],
    ["P-384", { ...spoc.registered, jwk: { ...jwk, crv: "P-384" } }],
    ["an RSA key", { ...spoc.registered, jwk: { kty: "RSA", n: "AQAB", e: "AQAB" } }],
    ["a symmetric key", { ...spoc.registered, alg: "HS256", jwk: { kty: "oct", k: "AQAB" } }],
    ["a short coordinate", { ...spoc.registered, jwk: { ...jwk, x: jwk.x.slice(1) } }],
    ["stray bits in a coordinate", { ...spoc.registered, jwk: { ...jwk, x: `${jwk.x.slice(0, -1)}B` } }],
    ["padding", { ...spoc.registered, jwk: { ...jwk, x: `${jwk.x}=` } }],
    ["members beside", { ...spoc.registered, jwk: { ...jwk, kid: spoc.registered.kid } }],
    ["a kid of its own making", { ...spoc.registered, kid: "spoc-key-1" }],
    ["no validity", { ...spoc.registered, exp: undefined }],
  ];
  it.each(cases)("refuses %s", (_, value) => {
    expect(RegisteredKey.safeParse(value).success).toBe(false);
  });

  it("has a kid that is a KeyId", () => {
    expect(KeyId.parse(spoc.registered.kid)).toBe(toThumbprint(jwk));
  });
});
