import { type PublicJwk, toThumbprint } from "../src/index.ts";
import { KEYS } from "./examples.ts";
import type { Case } from "./run.ts";

const { spoc, customs, customsEnc, fiuEnc } = KEYS;

function toInvalid(name: string, proves: string, key: unknown, code: string): Case {
  return { name: `invalid/key-${name}`, what: "key", proves, input: { key }, code };
}

/** The key with another point, under that point's own thumbprint. */
function withJwk<K extends object>(key: K, jwk: unknown): K {
  return { ...key, jwk, kid: toThumbprint(jwk as PublicJwk) };
}

export function listKeyCases(): Case[] {
  const [es256, ed25519, x25519] = [spoc.registered, customs.registered, customsEnc.registered];
  const point = es256.jwk as Extract<PublicJwk, { kty: "EC" }>;
  const valid = { es256, ed25519, "ecdh-p-256": fiuEnc.registered, "ecdh-x25519": x25519 };
  return [
    ...Object.entries(valid).map(([name, key]) => ({
      name: `valid/key-${name}`,
      what: "key",
      proves: "A registered key under its RFC 7638 thumbprint.",
      input: { key },
      expect: { thumbprint: key.kid },
    })),
    toInvalid(
      "foreign-kid",
      "A kid is the thumbprint of its own key.",
      { ...es256, kid: ed25519.kid },
      "key/invalid",
    ),
    toInvalid(
      "off-curve",
      "A pair of coordinates that is not on P-256 is no key.",
      withJwk(es256, { ...point, y: point.x }),
      "key/invalid",
    ),
    toInvalid(
      "ed25519-small-order",
      "Under a point of small order anyone can sign.",
      withJwk(ed25519, { ...ed25519.jwk, x: `AQ${"A".repeat(41)}` }),
      "key/invalid",
    ),
    toInvalid(
      "ed25519-no-point",
      "A y without an x on the curve is no key.",
      withJwk(ed25519, { ...ed25519.jwk, x: `Ag${"A".repeat(41)}` }),
      "key/invalid",
    ),
    toInvalid(
      "x25519-small-order",
      "With a point of small order everyone agrees on the same secret.",
      withJwk(x25519, { ...x25519.jwk, x: "A".repeat(43) }),
      "key/invalid",
    ),
    toInvalid(
      "x25519-top-bit",
      "The top bit of an X25519 key is ignored, so it would be another spelling of one key.",
      withJwk(x25519, { ...x25519.jwk, x: withTopBit(x25519.jwk.x) }),
      "key/invalid",
    ),
    toInvalid(
      "private-part",
      "A registered key has no private part.",
      { ...es256, jwk: spoc.privateJwk },
      "input/schema",
    ),
    toInvalid(
      "eddsa",
      "The polymorphic name EdDSA is not used.",
      { ...ed25519, alg: "EdDSA" },
      "input/schema",
    ),
    toInvalid("alg-of-another-curve", "ES256 goes with P-256.", { ...ed25519, alg: "ES256" }, "input/schema"),
    toInvalid(
      "use-of-another-alg",
      "A signing algorithm is not used to encrypt.",
      { ...es256, use: "enc" },
      "input/schema",
    ),
    toInvalid(
      "stray-bits",
      "Base64url has one spelling: no stray bits in the last character.",
      { ...es256, jwk: { ...point, x: withStrayBit(point.x) } },
      "input/schema",
    ),
  ];
}

function withTopBit(x: string): string {
  const bytes = Buffer.from(x, "base64url");
  bytes[31] = (bytes[31] ?? 0) | 0x80;
  return bytes.toString("base64url");
}

function withStrayBit(text: string): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  return text.slice(0, -1) + alphabet[alphabet.indexOf(text.slice(-1)) + 1];
}
