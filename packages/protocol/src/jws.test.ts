import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { codeOf, codeOfAsync } from "../vectors/codes.ts";
import { KEYS } from "../vectors/examples.ts";
import { forgeToken, malleate, respell, signText, toHeader, toText } from "../vectors/forge.ts";
import { type SigningPair, toSigningKey } from "../vectors/keys.ts";
import { toDigest, toEncodedCharacters } from "./bytes.ts";
import { encodeCanonical } from "./canonical.ts";
import { type ParsedJws, parseJws, signInput, signJws, toSigningInput, verifyJws } from "./jws.ts";
import { type RegisteredKey, type SigningKey, toPublicJwk } from "./keys.ts";

const TYP = "leix-message+jwt";
const BYTES_MAX = 1_000;
const PAIRS = { ES256: KEYS.spoc, Ed25519: KEYS.customs };

const parse = (token: string) => parseJws(token, TYP, BYTES_MAX);
const signOne = (pair: SigningPair, payload: unknown = { a: 1 }) => signJws(payload, TYP, toSigningKey(pair));

async function verify(token: string, key: RegisteredKey): Promise<ParsedJws> {
  const jws = parse(token);
  await verifyJws(jws, key);
  return jws;
}

describe.each(Object.entries(PAIRS))("signing with %s", (alg, pair) => {
  it("makes a token that parses, verifies, and is what it was said to be", async () => {
    const signed = await signOne(pair);
    expect(await verify(signed.token, pair.registered)).toEqual(signed);
    expect(signed.header).toEqual({ alg, kid: pair.registered.kid, typ: TYP });
  });

  it("knows the digest before the signature is made", async () => {
    const key = toSigningKey(pair);
    const input = toSigningInput({ b: 2, a: 1 }, TYP, key);
    const token = await signInput(input, key);
    const signingInput = token.slice(0, token.lastIndexOf("."));
    expect(signingInput).toBe(`${toText(encodeCanonical(input.header))}.${toText('{"a":1,"b":2}')}`);
    expect(input.digest).toBe(toDigest(signingInput));
    expect(parse(token).digest).toBe(input.digest);
  });

  it("asks a key that is elsewhere, and makes the same of its answer", async () => {
    const local = toSigningKey(pair);
    const asked: string[] = [];
    const remote: SigningKey = {
      kid: local.kid,
      alg: local.alg,
      publicJwk: toPublicJwk(local),
      sign: async (input) => {
        const text = Buffer.from(input).toString();
        asked.push(text);
        return Buffer.from(signText(text, pair).slice(text.length + 1), "base64url");
      },
    };
    const signed = await signJws({ b: 2, a: 1 }, TYP, remote);
    expect(await verify(signed.token, pair.registered)).toEqual(signed);
    expect(asked).toEqual([signed.token.slice(0, signed.token.lastIndexOf("."))]);
    expect(signed.digest).toBe((await signJws({ a: 1, b: 2 }, TYP, local)).digest);
    expect(toPublicJwk(remote)).toEqual(pair.registered.jwk);
  });

  it("gives what was signed, not what was given", async () => {
    const signed = await signOne(pair, { b: undefined, a: 1 });
    expect(Object.keys(signed.payload as object)).toEqual(["a"]);
    expect(parse(signed.token)).toEqual(signed);
  });

  it("signs, then verifies, any JSON", async () => {
    const json = fc.jsonValue({ maxDepth: 3, stringUnit: "grapheme" });
    await fc.assert(
      fc.asyncProperty(json, async (payload) => {
        const { token } = await signOne(pair, payload);
        const jws = parseJws(token, TYP, 100_000);
        await verifyJws(jws, pair.registered);
        expect(encodeCanonical(jws.payload)).toBe(encodeCanonical(payload));
      }),
      { numRuns: 30 },
    );
  });

  it("leaves no character of a token that can be altered without refusal", async () => {
    const { token } = await signOne(pair);
    let altered = 0;
    for (let i = 0; i < token.length; i++) {
      const other = token[i] === "A" ? "B" : "A";
      const code = await codeOfAsync(() =>
        verify(token.slice(0, i) + other + token.slice(i + 1), pair.registered),
      );
      expect(code).not.toBe("not refused");
      altered++;
    }
    expect(altered).toBe(token.length);
  });

  it("leaves no bit of header, payload or signature that can be flipped without refusal", async () => {
    const { token } = await signOne(pair);
    const parts = token.split(".").map((part) => Buffer.from(part, "base64url"));
    const place = fc
      .nat(2)
      .chain((part) => fc.tuple(fc.constant(part), fc.nat((parts[part]?.length ?? 1) * 8 - 1)));
    await fc.assert(
      fc.asyncProperty(place, async ([part, bit]) => {
        const altered = parts.map((bytes) => Buffer.from(bytes));
        const bytes = altered[part] ?? Buffer.alloc(0);
        bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const text = altered.map((one) => one.toString("base64url")).join(".");
        expect(await codeOfAsync(() => verify(text, pair.registered))).not.toBe("not refused");
      }),
    );
  });

  it("refuses signatures that are cut, extended or of other forms", async () => {
    const { token } = await signOne(pair);
    const dot = token.lastIndexOf(".") + 1;
    const signature = Buffer.from(token.slice(dot), "base64url");
    const others = [
      signature.subarray(0, 63),
      Buffer.concat([signature, Buffer.from([0])]),
      Buffer.concat([Buffer.from([0]), signature]),
      Buffer.alloc(0),
    ];
    for (const other of others) {
      expect(codeOf(() => parse(token.slice(0, dot) + other.toString("base64url")))).toBe("jws/malformed");
    }
    for (const other of [Buffer.alloc(64), Buffer.alloc(64, 255)]) {
      const text = token.slice(0, dot) + other.toString("base64url");
      expect(await codeOfAsync(() => verify(text, pair.registered))).toBe("jws/signature-invalid");
    }
  });
});

describe("identity", () => {
  it("of an ES256 token survives the second signature that anyone can make of the first", async () => {
    const { token, digest } = await signOne(PAIRS.ES256);
    const twin = malleate(token);
    expect(twin).not.toBe(token);
    expect((await verify(twin, PAIRS.ES256.registered)).digest).toBe(digest);
    expect(toDigest(twin)).not.toBe(toDigest(token));
  });

  it("is the same for every signature of one input, and differs with key, typ and payload", async () => {
    const [first, second] = [await signOne(PAIRS.ES256), await signOne(PAIRS.ES256)];
    expect(first.token).not.toBe(second.token);
    expect(first.digest).toBe(second.digest);
    const others = [
      await signOne(PAIRS.Ed25519),
      await signOne(PAIRS.ES256, { a: 2 }),
      await signJws({ a: 1 }, "leix-statement+jwt", toSigningKey(PAIRS.ES256)),
    ];
    expect(new Set([first, ...others].map((one) => one.digest)).size).toBe(4);
  });

  it("has one spelling: no part may be written in another base64url", async () => {
    // Payloads of three lengths, so that every kind of tail is met.
    let respelled = 0;
    for (const payload of ["", "x", "xx"]) {
      const { token } = await signOne(PAIRS.ES256, payload);
      const parts = token.split(".");
      for (const [i, part] of parts.entries()) {
        const other = respell(part);
        if (other === null) continue;
        expect(Buffer.from(other, "base64url")).toEqual(Buffer.from(part, "base64url"));
        expect(codeOf(() => parse(parts.with(i, other).join(".")))).toBe("jws/malformed");
        expect(codeOf(() => parse(parts.with(i, `${part}=`).join(".")))).toBe("jws/malformed");
        respelled++;
      }
    }
    expect(respelled).toBeGreaterThanOrEqual(5);
  });
});

describe("parseJws", () => {
  const pair = PAIRS.ES256;

  it("bounds the payload, and the token before anything is decoded", () => {
    const fits = JSON.stringify("x".repeat(BYTES_MAX - 2));
    const over = JSON.stringify("x".repeat(BYTES_MAX - 1));
    expect(parse(forgeToken(toHeader(pair, TYP), fits, pair)).payload).toHaveLength(BYTES_MAX - 2);
    expect(codeOf(() => parse(forgeToken(toHeader(pair, TYP), over, pair)))).toBe("input/too-large");
    const longest = toEncodedCharacters(BYTES_MAX) + 512;
    expect(codeOf(() => parse("=".repeat(longest)))).toBe("jws/malformed");
    expect(codeOf(() => parse("=".repeat(longest + 1)))).toBe("input/too-large");
    expect(codeOf(() => parse(".".repeat(longest)))).toBe("jws/malformed");
  });

  it.each([
    ["white space", '{"a": 1}', "input/not-canonical"],
    ["a duplicate member", '{"a":1,"a":1}', "input/not-canonical"],
    ["nesting", "[".repeat(40) + "]".repeat(40), "input/too-deep"],
    ["no JSON", "a", "input/not-json"],
    ["a byte-order mark", "\ufeff{}", "input/not-json"],
  ])("refuses a payload with %s", (_, payload, code) => {
    expect(codeOf(() => parse(forgeToken(toHeader(pair, TYP), payload, pair)))).toBe(code);
  });

  it("gives the same header however often it was seen, and refuses it where another typ is due", async () => {
    const { token, header } = await signOne(pair);
    for (const again of [0, 1]) {
      expect([again, parse(token).header]).toEqual([again, header]);
      expect(codeOf(() => parseJws(token, "leix-other+jwt", BYTES_MAX))).toBe("jws/type");
    }
  });

  it.each(["", ".", "..", "...", "a.b", "a.b.c.d", "é.é.é", "{}", '{"payload":""}'])("refuses %j", (text) => {
    expect(codeOf(() => parse(text))).toBe("jws/malformed");
  });
});

describe("verifyJws", () => {
  it("verifies again and again under one key object, and under a copy of it", async () => {
    const signed = await signOne(PAIRS.ES256);
    const { registered } = PAIRS.ES256;
    for (const key of [registered, registered, structuredClone(registered)]) {
      await expect(verifyJws(signed, key)).resolves.toBeUndefined();
    }
  });

  it("has refusals that do not depend on what was verified before", async () => {
    const signed = await signOne(PAIRS.ES256);
    const forged = { ...signed, token: forgeToken(toHeader(PAIRS.ES256, TYP), '{"a":1}', KEYS.authority) };
    const { registered } = PAIRS.ES256;
    await verifyJws(signed, registered);
    expect(await codeOfAsync(() => verifyJws(forged, registered))).toBe("jws/signature-invalid");
    await verifyJws(signed, registered);
  });

  it.each(["importKey", "verify"] as const)(
    "says nothing of a signature when the platform fails to %s, and is right when it is asked again",
    async (step) => {
      const failing = vi.spyOn(crypto.subtle, step);
      try {
        for (const pair of Object.values(PAIRS)) {
          const signed = await signOne(pair);
          const registered = structuredClone(pair.registered);
          const failure = new DOMException("no memory", "OperationError");
          failing.mockRejectedValueOnce(failure);
          await expect(verifyJws(signed, registered)).rejects.toBe(failure);
          await expect(verifyJws(signed, registered)).resolves.toBeUndefined();
        }
      } finally {
        failing.mockRestore();
      }
    },
  );

  it("refuses a signature under a pair that is no point of its curve, each time", async () => {
    const signed = await signOne(PAIRS.ES256);
    const { registered } = PAIRS.ES256;
    const key = { ...registered, jwk: { ...registered.jwk, x: "A".repeat(43) } } as RegisteredKey;
    for (let attempt = 0; attempt < 2; attempt++) {
      expect(await codeOfAsync(() => verifyJws(signed, key))).toBe("jws/signature-invalid");
    }
  });
});
