import { generateKeyPairSync, sign } from "node:crypto";
import {
  encodeCanonical,
  encodeLeafEntry,
  type PublicJwk,
  type RegisteredKey,
  type SigningAlgorithm,
  toDigest,
  toThumbprint,
  verifyJws,
} from "@leix/protocol";
import { hashLeaf as hashLeafOfTree } from "@leix/tlog";
import { describe, expect, test } from "vitest";
import { createNativePrimitives } from "./native-primitives.ts";

const { digest, hashLeaf, verify } = createNativePrimitives();
const INPUT = "e30.e30";

type SignersKey = RegisteredKey & { readonly alg: SigningAlgorithm };

const PAIRS = {
  ES256: generateKeyPairSync("ec", { namedCurve: "P-256" }),
  Ed25519: generateKeyPairSync("ed25519"),
};

function toKey(alg: SigningAlgorithm, jwk: object = PAIRS[alg].publicKey.export({ format: "jwk" })) {
  const registered = { alg, use: "sig", kid: toThumbprint(jwk as PublicJwk), jwk, nbf: 0, exp: 1 };
  return registered as SignersKey;
}

function signWith(alg: SigningAlgorithm): Buffer {
  const { privateKey } = PAIRS[alg];
  if (alg === "Ed25519") return sign(null, Buffer.from(INPUT), privateKey);
  return sign("sha256", Buffer.from(INPUT), { key: privateKey, dsaEncoding: "ieee-p1363" });
}

/** Whether the signature holds: said by WebCrypto and by what stands in its place here. */
async function ask(key: SignersKey, signature: Uint8Array, input = INPUT): Promise<readonly boolean[]> {
  const token = `${input}.${Buffer.from(signature).toString("base64url")}`;
  const jws = { token, header: { alg: key.alg, kid: key.kid, typ: "any" } };
  const isValid = (verifying: Promise<void>) => verifying.then(() => true).catch((error) => toFalse(error));
  return [await isValid(verifyJws(jws, key)), await isValid(verifyJws(jws, key, verify))];
}

function toFalse(error: unknown): false {
  expect(error).toMatchObject({ code: "jws/signature-invalid" });
  return false;
}

test("a leaf is hashed as the tree has it", () => {
  for (const kind of ["message", "event"] as const) {
    const entry = { v: 1, kind, digest: toDigest(kind) } as const;
    const hash = hashLeafOfTree(encodeLeafEntry(entry));
    expect(hashLeaf(encodeCanonical(entry))).toEqual(hash);
  }
});

describe.each(["ES256", "Ed25519"] as const)("a signature by %s", (alg) => {
  const key = toKey(alg);
  const signature = signWith(alg);

  test("holds over what was signed, and over nothing else", async () => {
    expect(await ask(key, signature)).toEqual([true, true]);
    expect(await ask(key, signature, "e30.e31")).toEqual([false, false]);
    for (let bit = 0; bit < 512; bit++) {
      const other = Uint8Array.from(signature);
      other[bit >> 3] = (other[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(await ask(key, other)).toEqual([false, false]);
    }
  });

  test.each([
    ["empty", new Uint8Array()],
    ["a byte short", Uint8Array.from(signWith(alg).subarray(1))],
    ["a byte long", Uint8Array.from([...signWith(alg), 0])],
    ["all zero", new Uint8Array(64)],
    ["all ones", new Uint8Array(64).fill(255)],
  ])("does not hold where it is %s", async (_name, other) => {
    expect(await ask(key, other)).toEqual([false, false]);
  });

  test("does not hold under another key", async () => {
    const { publicKey } =
      alg === "ES256" ? generateKeyPairSync("ec", { namedCurve: "P-256" }) : generateKeyPairSync("ed25519");
    expect(await ask(toKey(alg, publicKey.export({ format: "jwk" })), signature)).toEqual([false, false]);
  });
});

describe("keys that should never have been registered", () => {
  test("no point of the curve: nothing holds under it", async () => {
    const { x, ...rest } = toKey("ES256").jwk;
    const key = toKey("ES256", { ...rest, x, y: x });
    expect(await ask(key, signWith("ES256"))).toEqual([false, false]);
  });

  test("of small order: it is answered as WebCrypto does", async () => {
    const key = toKey("Ed25519", { kty: "OKP", crv: "Ed25519", x: `AQ${"A".repeat(41)}` });
    const [byPlatform, native] = await ask(key, Buffer.concat([Buffer.from([1]), Buffer.alloc(63)]));
    expect(native).toBe(byPlatform);
  });
});

test("digests are the core's own", () => {
  for (const data of ["", "a", "é\u{1f600}", "x".repeat(5_000), new Uint8Array([0, 255])]) {
    expect(digest(data)).toBe(toDigest(data));
  }
});
