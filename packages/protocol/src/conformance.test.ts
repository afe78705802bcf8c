import { readFileSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { codeOf, codeOfAsync } from "../vectors/codes.ts";
import { VECTORS_FOLDER } from "../vectors/files.ts";
import {
  isPublishedHere,
  PUBLISHED_FROM,
  type PublishedCase,
  type PublishedKey,
  readCookbook,
  readWycheproof,
} from "../vectors/published.ts";
import { Body } from "./body.ts";
import { toDigest } from "./bytes.ts";
import { CLAIMS_TYP } from "./claims.ts";
import { isUsablePoint } from "./curve.ts";
import { type ParsedJws, parseJws, verifyJws } from "./jws.ts";
import { RegisteredKey, toThumbprint } from "./keys.ts";
import { CLAIMS_BYTES_MAX } from "./limits.ts";
import { parseSchema } from "./parse.ts";

/** Accepted and rejected as published, and rejected by our profile although valid: three counts. */
interface Counts {
  accepted: number;
  rejected: number;
  refusedByProfile: number;
}

type Suite = readonly [string, () => PublishedCase[], (one: PublishedCase) => Promise<boolean> | boolean];

/** The key as it would be registered; undefined for what nobody can register here. */
function toRegistered({ kty, crv, x, y }: PublishedKey, alg: "ES256" | "Ed25519"): RegisteredKey | undefined {
  const jwk = y === undefined ? { kty, crv, x } : { kty, crv, x, y };
  const parsed = RegisteredKey.safeParse({ alg, use: "sig", jwk, kid: toDigest("any"), nbf: 0, exp: 1 });
  return parsed.success ? { ...parsed.data, kid: toThumbprint(parsed.data.jwk) } : undefined;
}

const toToken = ({ input }: PublishedCase) => String(input.jws ?? input.output?.compact ?? "");

/** Our whole verification: the profile of the token, then the signature. */
async function acceptsToken(one: PublishedCase): Promise<boolean> {
  const key = toRegistered(one.key, "ES256") ?? toRegistered(one.key, "Ed25519");
  const code = await codeOfAsync(async () => {
    const jws = parseJws(toToken(one), CLAIMS_TYP, CLAIMS_BYTES_MAX);
    if (key) await verifyJws(jws, key);
  });
  return key !== undefined && code === "not refused";
}

/** The signature alone, as verifyJws tries it once a token is of our profile. */
async function verifiesToken(token: string, key: RegisteredKey): Promise<boolean> {
  const header = { alg: "ES256", kid: key.kid, typ: CLAIMS_TYP } as const;
  const jws: ParsedJws = { token, header, payload: undefined, digest: toDigest(token) };
  return (await codeOfAsync(() => verifyJws(jws, key))) === "not refused";
}

/** A compact or flattened JWE in the general form, which is all that a body can be. */
function acceptsBody({ input }: PublishedCase): boolean {
  const compact = String(input.jwe ?? input.output?.compact ?? "").split(".");
  const [header, encrypted_key, iv, ciphertext, tag] = compact;
  const general = input.output?.json ?? {
    protected: header,
    recipients: [{ encrypted_key }],
    iv,
    ciphertext,
    tag,
  };
  return codeOf(() => parseSchema(Body, general, "body/malformed")) === "not refused";
}

const ALGORITHMS = {
  ES256: { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" },
  Ed25519: { name: "Ed25519" },
};

/**
 * What is signed here is no token: the key's rules, the signature's length, and the primitive under
 * verifyJws.
 */
async function acceptsSignature({ key, input }: PublishedCase, alg: "ES256" | "Ed25519"): Promise<boolean> {
  const registered = toRegistered(toJwk(key), alg);
  const signature = fromHex(input.sig);
  if (!registered || !isUsablePoint(registered.jwk) || signature.length !== 64) return false;
  const algorithm = ALGORITHMS[alg];
  const imported = await crypto.subtle.importKey("jwk", registered.jwk, algorithm, false, ["verify"]);
  return crypto.subtle.verify(algorithm, imported, signature, fromHex(input.msg));
}

/**
 * Wycheproof gives every key of these files as an uncompressed point or as 32 bytes, not every one as a
 * JWK.
 */
function toJwk({ uncompressed, pk = "" }: PublishedKey): PublishedKey {
  const toText = (hex: string) => Buffer.from(hex, "hex").toString("base64url");
  if (uncompressed === undefined) return { kty: "OKP", crv: "Ed25519", x: toText(pk) };
  return { kty: "EC", crv: "P-256", x: toText(uncompressed.slice(2, 66)), y: toText(uncompressed.slice(66)) };
}

function fromHex(hex = ""): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(hex, "hex"));
}

const acceptsEither = (one: PublishedCase) =>
  toToken(one).split(".").length === 3 ? acceptsToken(one) : acceptsBody(one);
const wycheproof = (name: string, accepts: Suite[2]): Suite => [
  `wycheproof ${name}`,
  () => readWycheproof(`${name}_test`),
  accepts,
];

const SUITES: readonly Suite[] = [
  wycheproof("ecdsa_secp256r1_sha256_p1363", (one) => acceptsSignature(one, "ES256")),
  wycheproof("ed25519", (one) => acceptsSignature(one, "Ed25519")),
  wycheproof("json_web_signature", acceptsToken),
  wycheproof("json_web_key", acceptsToken),
  wycheproof("json_web_crypto", (one) => (one.input.jwe ? acceptsBody(one) : acceptsToken(one))),
  wycheproof("json_web_encryption", acceptsBody),
  ["cookbook jws", () => readCookbook("jws/*.json"), acceptsToken],
  ["cookbook jwe", () => readCookbook("jwe/*.json"), acceptsBody],
  ["cookbook rfc7797", () => readCookbook("rfc7797/*.json"), acceptsToken],
  ["cookbook curve25519", () => readCookbook("curve25519/*.json"), acceptsEither],
  ["cookbook nested", () => readCookbook("*.json"), acceptsBody],
];

/** By suite, the ids of what is valid and refused by our profile, checked in: nothing joins them unseen. */
const REFUSED: Readonly<Record<string, string>> = JSON.parse(
  readFileSync(new URL("profile-refusals.json", VECTORS_FOLDER), "utf8"),
);

describe.skipIf(isPublishedHere)("published vectors", () => {
  it(`are not here (LEIX_VECTORS); ${PUBLISHED_FROM.join("; ")}`, ({ skip }) => {
    expect(process.env.CI).toBeFalsy();
    skip();
  });
});

describe.runIf(isPublishedHere)("published vectors", () => {
  const lines: string[] = [];
  afterAll(() => {
    process.stdout.write(`${lines.join("\n")}\n`);
  });

  it.each(SUITES)("%s", async (name, read, accepts) => {
    const counts: Counts = { accepted: 0, rejected: 0, refusedByProfile: 0 };
    const refused: string[] = [];
    const wronglyAccepted: string[] = [];
    for (const one of read()) {
      const isAccepted = await accepts(one);
      if (isAccepted && !one.isValid) wronglyAccepted.push(one.id);
      if (isAccepted) counts.accepted++;
      else if (!one.isValid) counts.rejected++;
      else {
        counts.refusedByProfile++;
        refused.push(one.id);
      }
    }
    const { accepted, rejected, refusedByProfile } = counts;
    lines.push(
      `${name}: ${accepted} accepted, ${rejected} rejected, ${refusedByProfile} refused by our profile`,
    );
    expect(accepted + rejected + refusedByProfile).toBeGreaterThan(0);
    expect(wronglyAccepted).toEqual([]);
    expect(refused.join(" ")).toBe(REFUSED[name] ?? "");
  });

  it("refuses valid ES256 tokens for their headers only: their signatures verify", async () => {
    let verified = 0;
    for (const name of ["json_web_signature_test", "json_web_key_test", "json_web_crypto_test"]) {
      for (const one of readWycheproof(name)) {
        const key = toRegistered(one.key, "ES256");
        if (!key || !one.isValid || one.input.jws === undefined) continue;
        expect({ id: one.id, verifies: await verifiesToken(toToken(one), key) }).toEqual({
          id: one.id,
          verifies: true,
        });
        expect(codeOf(() => parseJws(toToken(one), CLAIMS_TYP, CLAIMS_BYTES_MAX))).toBe("jws/header");
        verified++;
      }
    }
    expect(verified).toBeGreaterThan(0);
  });

  it("leaves no invalid ES256 token to the signature that the profile would not refuse too", async () => {
    let refused = 0;
    for (const one of readWycheproof("json_web_signature_test")) {
      const key = toRegistered(one.key, "ES256");
      if (!key || one.isValid) continue;
      const code = codeOf(() => parseJws(toToken(one), CLAIMS_TYP, CLAIMS_BYTES_MAX));
      expect(["jws/header", "jws/malformed"]).toContain(code);
      refused++;
    }
    expect(refused).toBeGreaterThan(20);
  });
});
