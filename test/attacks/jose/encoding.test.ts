import { deflateRawSync, gzipSync } from "node:zlib";
import { type ErrorCode, encodeCanonical, encodeCanonicalBytes, encodeUtf8, limits } from "@leix/protocol";
import { forgeToken, respell, type SigningPair, toText } from "@leix/protocol/vectors";
import { checkExactlyOnce, type Forged, toForged } from "@leix/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Assault, MARKER, startAssault } from "../assault.ts";

/** One value, one spelling: what has two can be signed as one thing and read as another. */
const TYP = "leix-message+jwt";

let assault: Assault;
let pair: SigningPair;
let sent: Forged;
beforeAll(async () => {
  assault = await startAssault();
  pair = await assault.pair();
  sent = await assault.message();
});
afterAll(() => assault?.[Symbol.asyncDispose]());

const wrap = (token: string) => toForged(token, sent.body, sent.claims).bytes;
const toText8 = () => new TextDecoder().decode(sent.bytes);

describe("the compact serialisation", () => {
  /** Changes one of the three parts. */
  const change = (place: 0 | 1 | 2, how: (part: string) => string) =>
    sent.token
      .split(".")
      .map((part, i) => (i === place ? how(part) : part))
      .join(".");
  /** The same bytes in other characters: stray bits where there is room for them, else a padding. */
  const stray = (part: string) => respell(part) ?? `${part}=`;

  const CASES: readonly (readonly [string, () => string])[] = [
    ["a header with stray bits or padding", () => change(0, stray)],
    ["claims with stray bits or padding", () => change(1, stray)],
    ["a signature with stray bits", () => change(2, stray)],
    ["padding", () => change(2, (part) => `${part}==`)],
    ["the alphabet of base64", () => change(2, (part) => `+/${part.slice(2)}`)],
    ["white space within", () => change(1, (part) => `${part.slice(0, 8)} ${part.slice(8)}`)],
    ["a line feed at the end", () => `${sent.token}\n`],
    ["two parts", () => sent.token.split(".").slice(0, 2).join(".")],
    ["four parts", () => `${sent.token}.${toText("{}")}`],
    ["five parts, as of a JWE", () => `${sent.token}.AAAA.AAAA`],
    ["a signature too short", () => change(2, (part) => part.slice(0, 43))],
    ["a signature too long", () => change(2, (part) => `${part}AAAA`)],
    ["nothing", () => ""],
    ["dots", () => ".."],
  ];
  it.each(CASES)("%s: jws/malformed", async (_name, make) => {
    await assault.refused(wrap(make()), "jws/malformed");
  });

  it("detached, with its claims left out: input/not-json", async () => {
    const [header, , signature] = sent.token.split(".");
    await assault.refused(wrap(`${header}..${signature}`), "input/not-json");
  });

  it.each([
    [
      "flattened",
      (header: string, payload: string, signature: string) => ({ payload, protected: header, signature }),
    ],
    [
      "general, with a second signature",
      (header: string, payload: string, signature: string) => ({
        payload,
        signatures: [
          { protected: header, signature },
          { protected: toText('{"alg":"none"}'), signature: "" },
        ],
      }),
    ],
  ] as const)("in the JSON serialisation, %s: input/schema", async (_name, toJson) => {
    const [header = "", payload = "", signature = ""] = sent.token.split(".");
    const message = toJson(header, payload, signature);
    await assault.refused(encodeCanonicalBytes({ message, body: sent.body }), "input/schema");
  });
});

describe("claims that are signed well, in another spelling or of another size", () => {
  const header = () => encodeCanonical({ alg: pair.registered.alg, kid: pair.registered.kid, typ: TYP });
  const CASES: readonly (readonly [string, ErrorCode, (claims: string) => string])[] = [
    [
      "a member twice, another recipient first",
      "input/not-canonical",
      (text) => text.replace('"to":', '"to":["MK-SPOC"],"to":'),
    ],
    [
      "a member twice, another sender last",
      "input/not-canonical",
      (text) => text.replace(/\}$/, ',"iss":"RS-FIU"}'),
    ],
    [
      "a member twice, once in escapes",
      "input/not-canonical",
      (text) => text.replace('"iss":', '"\\u0069ss":"RS-FIU","iss":'),
    ],
    ["another order", "input/not-canonical", (text) => `{"v":1,${text.slice(1).replace(/,"v":1\}$/, "}")}`],
    ["white space", "input/not-canonical", (text) => text.replace("{", "{\n")],
    ["a number with a fraction of zero", "input/not-canonical", (text) => text.replace('"v":1', '"v":1.0')],
    [
      "a number past a double",
      "input/not-canonical",
      (text) => text.replace('"seq":1', '"seq":9007199254740993'),
    ],
    ["a needless escape", "input/not-canonical", (text) => text.replace('"iss"', '"\\u0069ss"')],
    ["deeply nested", "input/too-deep", () => `{"a":${"[".repeat(9_000)}${"]".repeat(9_000)}}`],
    ["a member __proto__", "input/schema", (text) => text.replace("{", '{"__proto__":{"iss":"RS-FIU"},')],
    ["no JSON", "input/not-json", () => MARKER],
    ["compressed, as zip would have it", "input/not-json", (text) => deflateRawSync(text).toString("latin1")],
    [
      "larger than claims may be",
      "input/too-large",
      (text) => text.replace("{", `{"a":"${"x".repeat(limits.CLAIMS_BYTES_MAX)}",`),
    ],
  ];
  it.each(CASES)("%s: %s", async (_name, code, change) => {
    const claims = change(encodeCanonical(sent.claims));
    await assault.refused(wrap(forgeToken(header(), claims, pair)), code);
  });
});

describe("the envelope", () => {
  const CASES: readonly (readonly [string, ErrorCode, () => Uint8Array])[] = [
    ["nothing", "input/not-json", () => new Uint8Array()],
    ["no JSON", "input/not-json", () => encodeUtf8(MARKER)],
    ["no UTF-8", "input/not-json", () => new Uint8Array([0xc3, 0x28])],
    ["UTF-16", "input/not-json", () => Buffer.from(toText8(), "utf16le")],
    ["a byte-order mark", "input/not-json", () => encodeUtf8(`\ufeff${toText8()}`)],
    ["white space", "input/not-canonical", () => encodeUtf8(` ${toText8()}`)],
    [
      "a message twice",
      "input/not-canonical",
      () => encodeUtf8(toText8().replace('"message":', '"message":"","message":')),
    ],
    [
      "a body twice",
      "input/not-canonical",
      () => encodeUtf8(toText8().replace('"body":', '"body":null,"body":')),
    ],
    [
      "a member twice within the body",
      "input/not-canonical",
      () => encodeUtf8(toText8().replace('"iv":', '"iv":"AAAAAAAAAAAAAAAA","iv":')),
    ],
    ["two values", "input/not-json", () => encodeUtf8(toText8() + toText8())],
    ["a lone surrogate", "input/not-canonical", () => encodeUtf8('{"message":"\\ud800"}')],
    [
      "a message and a statement",
      "input/schema",
      () => encodeCanonicalBytes({ message: sent.token, statement: sent.token }),
    ],
    [
      "an unknown member",
      "input/schema",
      () => encodeCanonicalBytes({ message: sent.token, body: sent.body, [MARKER]: 1 }),
    ],
    ["a list of messages", "input/schema", () => encodeCanonicalBytes([{ message: sent.token }])],
    ["deeply nested", "input/too-deep", () => encodeUtf8("[".repeat(400_000) + "]".repeat(400_000))],
    ["a decompression bomb: gzip", "input/not-json", () => gzipSync(Buffer.alloc(64 * 1_048_576))],
    [
      "larger than a message may be",
      "input/too-large",
      () => encodeUtf8("x".repeat(limits.MESSAGE_BYTES_MAX + 1)),
    ],
  ];
  it.each(CASES)("%s: %s", async (_name, code, make) => {
    await assault.refused(make(), code);
  });
});

it("after all of it everything happened once, and the auditor agrees", async () => {
  expect(await checkExactlyOnce(assault.exchange)).toEqual([]);
});
