import { type Body, encodeCanonicalBytes, limits } from "@leix/protocol";
import { respell } from "@leix/protocol/vectors";
import { checkExactlyOnce, type Forged, toForged } from "@leix/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Assault, listKeys, MARKER, startAssault, VICTIMS } from "../assault.ts";

/** What the exchange, which cannot read a body, can see is wrong with it. */
let assault: Assault;
let sent: Forged;
let body: Body;
beforeAll(async () => {
  assault = await startAssault();
  sent = await assault.message();
  if (!sent.body) throw new Error("it has a body");
  body = sent.body;
});
afterAll(() => assault?.[Symbol.asyncDispose]());

const wrap = (other: unknown) => encodeCanonicalBytes({ message: sent.token, body: other });
const toProtected = (header: object) => Buffer.from(JSON.stringify(header)).toString("base64url");
/** The first entry changed. */
const withEntry = (change: (entry: Body["recipients"][number]) => object) => {
  const [first, ...rest] = body.recipients;
  if (!first) throw new Error("an entry");
  return { ...body, recipients: [change(first), ...rest] };
};
const withHeader = (more: object) =>
  withEntry((entry) => ({ ...entry, header: { ...entry.header, ...more } }));
const withEpk = (epk: object) => withHeader({ epk });

/** On the curve of another equation, where there are few points: what an invalid-curve attack sends. */
const OFF_P256 = {
  kty: "EC",
  crv: "P-256",
  x: Buffer.alloc(32, 1).toString("base64url"),
  y: Buffer.alloc(32, 2).toString("base64url"),
};

describe("body/malformed: the one form that a JWE has here", () => {
  const CASES: readonly (readonly [string, () => unknown])[] = [
    ["another enc", () => ({ ...body, protected: toProtected({ enc: "A128GCM", typ: "leix-body+jwe" }) })],
    [
      "zip in the protected header: a decompression bomb",
      () => ({ ...body, protected: toProtected({ enc: "A256GCM", typ: "leix-body+jwe", zip: "DEF" }) }),
    ],
    ["zip in a shared header", () => ({ ...body, unprotected: { zip: "DEF" } })],
    ["zip in an entry", () => withHeader({ zip: "DEF" })],
    [
      "crit",
      () => ({
        ...body,
        protected: toProtected({ crit: ["x"], enc: "A256GCM", typ: "leix-body+jwe", x: 1 }),
      }),
    ],
    ["another typ", () => ({ ...body, protected: toProtected({ enc: "A256GCM", typ: "JWT" }) })],
    [
      "another order in the protected header",
      () => ({ ...body, protected: toProtected({ typ: "leix-body+jwe", enc: "A256GCM" }) }),
    ],
    ["additional authenticated data", () => ({ ...body, aad: "AAAA" })],
    ["the flattened form", () => ({ ...body, recipients: undefined, ...body.recipients[0] })],
    ["an invented member", () => ({ ...body, [MARKER]: 1 })],
    ["no entries", () => ({ ...body, recipients: [] })],
    [
      "more entries than there may be",
      () => ({
        ...body,
        recipients: Array.from({ length: limits.RECIPIENTS_MAX + 1 }, () => body.recipients[0]),
      }),
    ],
    ["alg dir", () => withHeader({ alg: "dir" })],
    ["alg ECDH-ES, without a key of its own", () => withHeader({ alg: "ECDH-ES" })],
    ["alg RSA-OAEP", () => withHeader({ alg: "RSA-OAEP" })],
    [
      "alg PBES2 with two thousand million rounds",
      () => withHeader({ alg: "PBES2-HS256+A128KW", p2c: 2_000_000_000, p2s: "AAAA" }),
    ],
    ["apu", () => withHeader({ apu: "AAAA" })],
    ["a jku in an entry", () => withHeader({ jku: `https://attacker.example/${MARKER}` })],
    ["a kid that is a path", () => withHeader({ kid: `../${MARKER}` })],
    ["no epk", () => withHeader({ epk: undefined })],
    ["an epk that is no point of its curve", () => withEpk(OFF_P256)],
    ["an epk on P-384", () => withEpk({ ...OFF_P256, crv: "P-384" })],
    ["an epk of small order on X25519", () => withEpk({ kty: "OKP", crv: "X25519", x: "A".repeat(43) })],
    ["an epk with its private part", () => withEpk({ ...body.recipients[0]?.header.epk, d: "A".repeat(43) })],
    [
      "an epk with its point at infinity",
      () => withEpk({ ...OFF_P256, x: "A".repeat(43), y: "A".repeat(43) }),
    ],
    ["a wrapped key of another length", () => withEntry((entry) => ({ ...entry, encrypted_key: "AAAA" }))],
    ["an iv of another length", () => ({ ...body, iv: "A".repeat(22) })],
    ["a tag cut short", () => ({ ...body, tag: body.tag.slice(0, 6) })],
    ["a tag with stray bits", () => ({ ...body, tag: respell(body.tag) })],
    [
      "a ciphertext that is no base64url",
      () => ({ ...body, ciphertext: `${body.ciphertext.slice(0, -1)}+` }),
    ],
    ["no ciphertext", () => ({ ...body, ciphertext: "" })],
    ["a text", () => MARKER],
    ["a compact JWE", () => `${body.protected}..${body.iv}.${body.ciphertext}.${body.tag}`],
  ];
  it.each(CASES)("%s", async (_name, make) => {
    await assault.refused(wrap(make()), "body/malformed");
  });
});

describe("another body than the one that was signed", () => {
  it("none, where the claims bind one: body/missing", async () => {
    await assault.refused(toForged(sent.token, undefined, sent.claims).bytes, "body/missing");
  });

  it("one, where the claims bind none: body/missing", async () => {
    const { token, claims } = await assault.message({ text: undefined } as never);
    await assault.refused(toForged(token, body, claims).bytes, "body/missing");
  });

  it("of one's own other message: body/digest", async () => {
    await assault.refused(wrap((await assault.message()).body), "body/digest");
  });

  const ALTERED: readonly (readonly [string, () => Partial<Body>])[] = [
    ["another iv", () => ({ iv: "A".repeat(16) })],
    ["another tag", () => ({ tag: "A".repeat(22) })],
    ["one bit of the ciphertext", () => ({ ciphertext: flip(body.ciphertext) })],
    ["four bytes more of ciphertext", () => ({ ciphertext: `AAAA${body.ciphertext}` })],
  ];
  it.each(ALTERED)("%s: body/digest", async (_name, change) => {
    await assault.refused(wrap({ ...body, ...change() }), "body/digest");
  });

  it("whose length the claims give wrongly: body/digest", async () => {
    const { body: own, claims } = await assault.message();
    const binding = claims.body as { bytes: number };
    const lied = await assault.message({
      claims: { ...claims, body: { ...binding, bytes: binding.bytes + 1 } },
    });
    await assault.refused(toForged(lied.token, own, claims).bytes, "body/digest");
  });
});

function flip(text: string): string {
  return (text.startsWith("A") ? "B" : "A") + text.slice(1);
}

describe("other readers than the ones that are named", () => {
  const DIFFER: readonly (readonly [string, () => Body["recipients"]])[] = [
    ["an entry less than listed", () => body.recipients.slice(1)],
    ["an entry twice", () => [...body.recipients, ...body.recipients.slice(0, 1)]],
    ["an entry twice in another's place", () => body.recipients.map(() => body.recipients[0] as never)],
  ];
  it.each(DIFFER)("%s: body/recipients-differ", async (_name, make) => {
    await assault.refused(wrap({ ...body, recipients: make() }), "body/recipients-differ");
  });

  it("an entry relabelled for an outsider: body/recipients-differ", async () => {
    const kid = listKeys(assault.forge, "MK-SPOC").find(({ use }) => use === "enc")?.kid;
    await assault.refused(wrap(withHeader({ kid })), "body/recipients-differ");
  });

  it("a list in the claims that is not sorted: body/recipients-differ", async () => {
    const { claims, body: own } = await assault.message();
    const binding = claims.body as { recipients: string[] };
    const claimed = { ...claims, body: { ...binding, recipients: binding.recipients.toReversed() } };
    const { token } = await assault.message({ claims: claimed });
    await assault.refused(toForged(token, own, claimed).bytes, "body/recipients-differ");
  });

  const READERS: readonly (readonly [string, readonly string[]])[] = [
    ["a recipient that cannot read it", ["RS-FIU", "ME-SPOC", "AL-SPOC"]],
    ["an outsider that can", [...VICTIMS, "RS-SPOC", "AL-SPOC", "MK-SPOC"]],
    ["an outsider in a recipient's place", ["RS-FIU", "ME-SPOC", "AL-SPOC", "MK-SPOC"]],
    ["the sender itself beside them", [...VICTIMS, "RS-SPOC", "AL-SPOC", "AL-CUSTOMS"]],
  ];
  it.each(READERS)("%s: body/recipients-keys", async (_name, readers) => {
    await assault.refused((await assault.message({ readers })).bytes, "body/recipients-keys");
  });
});

it("after all of it everything happened once, and the auditor agrees", async () => {
  expect(await checkExactlyOnce(assault.exchange)).toEqual([]);
});
