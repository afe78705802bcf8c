import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { codeOf, codeOfAsync } from "../vectors/codes.ts";
import { KEYS } from "../vectors/examples.ts";
import { createP256Encryption, createX25519Encryption, type EncryptionPair } from "../vectors/keys.ts";
import {
  Body,
  decryptBody,
  encryptBody,
  stripBody,
  toBodyDigest,
  verifyBinding,
  verifyBodyDigest,
} from "./body.ts";
import { encodeUtf8, toDigest } from "./bytes.ts";
import { encodeCanonical } from "./canonical.ts";
import type { BodyBinding } from "./claims.ts";
import { RECIPIENTS_MAX } from "./limits.ts";

const { customsEnc, fiuEnc, outsiderEnc } = KEYS;
const SALT = encodeUtf8("0123456789abcdef0123456789abcdef");
const TEXT = encodeUtf8("a text");

const toReader = ({ registered, privateJwk }: EncryptionPair) => ({ kid: registered.kid, jwk: privateJwk });
const encrypt = (pairs: readonly EncryptionPair[], text = TEXT, salt = SALT) =>
  encryptBody(
    text,
    pairs.map((pair) => pair.registered),
    salt,
  );

/** Half with P-256, half with X25519. */
const createReaders = (count: number) =>
  Array.from({ length: count }, (_, i) =>
    i % 2 ? createP256Encryption(`reader ${i}`) : createX25519Encryption(`reader ${i}`),
  );

describe("a body", () => {
  it.each([1, 2, 3, RECIPIENTS_MAX])(
    "opens for each of %i recipients, and its binding is right",
    async (count) => {
      const readers = createReaders(count);
      const { body, binding } = await encrypt(readers);
      verifyBinding(body, binding);
      expect(body.recipients).toHaveLength(count);
      expect(binding.recipients).toEqual(readers.map((reader) => reader.registered.kid).toSorted());
      for (const reader of readers) {
        expect(await decryptBody(body, binding, [toReader(reader)])).toEqual(TEXT);
        const own = stripBody(body, reader.registered.kid);
        expect(own.recipients).toHaveLength(1);
        expect(await decryptBody(own, binding, [toReader(reader)])).toEqual(TEXT);
      }
    },
  );

  it("has entries of exactly {alg, epk, kid}, and nothing of a recipient outside them", async () => {
    for (const readers of [createReaders(1), createReaders(2)]) {
      const { body } = await encrypt(readers);
      expect(Object.keys(body).toSorted()).toEqual(["ciphertext", "iv", "protected", "recipients", "tag"]);
      expect(Buffer.from(body.protected, "base64url").toString()).toBe(
        '{"enc":"A256GCM","typ":"leix-body+jwe"}',
      );
      for (const entry of body.recipients) {
        expect(Object.keys(entry).toSorted()).toEqual(["encrypted_key", "header"]);
        expect(Object.keys(entry.header).toSorted()).toEqual(["alg", "epk", "kid"]);
        expect(entry.header.epk).not.toHaveProperty("d");
      }
    }
  });

  it("has an ephemeral key and a wrapped key of its own for every recipient", async () => {
    const { body } = await encrypt(createReaders(8));
    expect(new Set(body.recipients.map((entry) => entry.header.epk.x)).size).toBe(8);
    expect(new Set(body.recipients.map((entry) => entry.encrypted_key)).size).toBe(8);
  });

  it("is bound by digests that anyone can make again", async () => {
    const { body, binding } = await encrypt([customsEnc]);
    const { ciphertext, iv, tag } = body;
    const first = `{"ciphertext":"${ciphertext}","iv":"${iv}",`;
    const covered = `${first}"protected":"${body.protected}","tag":"${tag}"}`;
    expect(binding.digest).toBe(toDigest(covered));
    expect(binding.commitment).toBe(toDigest(Buffer.concat([SALT, TEXT])));
    expect(binding.bytes).toBe(SALT.length + TEXT.length);
  });

  it("keeps its digest whoever can open it, and whatever is stripped", async () => {
    const { body } = await encrypt(createReaders(3));
    for (const entry of body.recipients) {
      expect(toBodyDigest(stripBody(body, entry.header.kid))).toBe(toBodyDigest(body));
    }
    expect(toBodyDigest({ ...body, recipients: [] })).toBe(toBodyDigest(body));
  });

  it("encrypts texts of every length, and gives them back", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 300 }), async (text) => {
        const { body, binding } = await encrypt([customsEnc], text);
        const parsed = Body.parse(JSON.parse(encodeCanonical(body)));
        verifyBinding(parsed, binding);
        expect(new Uint8Array(await decryptBody(parsed, binding, [toReader(customsEnc)]))).toEqual(
          new Uint8Array(text),
        );
      }),
      { numRuns: 30 },
    );
  });

  it("tells two readings of one text apart: fresh key, iv and so ciphertext each time", async () => {
    const [one, other] = [await encrypt([customsEnc]), await encrypt([customsEnc])];
    expect(one.binding.commitment).toBe(other.binding.commitment);
    expect(one.body.ciphertext).not.toBe(other.body.ciphertext);
    expect(one.body.iv).not.toBe(other.body.iv);
  });
});

describe("encryptBody takes no", () => {
  it("salt of another length", async () => {
    await expect(encrypt([customsEnc], TEXT, SALT.subarray(1))).rejects.toThrow();
  });

  it("missing and no repeated recipient", async () => {
    await expect(encrypt([])).rejects.toThrow();
    await expect(encrypt([customsEnc, customsEnc])).rejects.toThrow();
  });

  it("more recipients than its limit", async () => {
    expect(await codeOfAsync(() => encrypt(createReaders(RECIPIENTS_MAX + 1)))).toBe("body/malformed");
  });

  it("key that cannot be used", async () => {
    const { registered } = fiuEnc;
    const off = { ...registered, jwk: { ...registered.jwk, y: registered.jwk.x } } as typeof registered;
    const zero = { ...customsEnc.registered, jwk: { ...customsEnc.registered.jwk, x: "A".repeat(43) } };
    for (const key of [off, zero as typeof registered]) {
      expect(await codeOfAsync(() => encryptBody(TEXT, [key], SALT))).toBe("key/invalid");
    }
  });
});

describe("the binding", () => {
  const both = () => encrypt([customsEnc, fiuEnc]);
  const refusal = (body: Body, binding: BodyBinding) => codeOf(() => verifyBinding(body, binding));

  it("refuses a body with anything changed but its entries", async () => {
    const { body, binding } = await both();
    const other = (await both()).body;
    for (const member of ["ciphertext", "iv", "tag"] as const) {
      expect(refusal({ ...body, [member]: other[member] }, binding)).toBe("body/digest");
    }
    expect(refusal(other, binding)).toBe("body/digest");
  });

  it("refuses another digest and another size", async () => {
    const { body, binding } = await both();
    expect(refusal(body, { ...binding, digest: toDigest("another") })).toBe("body/digest");
    expect(refusal(body, { ...binding, bytes: binding.bytes + 1 })).toBe("body/digest");
    expect(codeOf(() => verifyBodyDigest(body, { ...binding, bytes: binding.bytes - 1 }))).toBe(
      "body/digest",
    );
  });

  it("refuses entries that are not those listed: fewer, more, others, in another order, twice", async () => {
    const { body, binding } = await both();
    const { recipients } = binding;
    const [a, b] = recipients;
    const outside = outsiderEnc.registered.kid;
    if (!a || !b) throw new Error("two recipients");
    for (const listed of [
      [a],
      [b],
      [...recipients, outside].toSorted(),
      [a, outside].toSorted(),
      [b, a],
      [a, a],
    ]) {
      expect(refusal(body, { ...binding, recipients: listed })).toBe("body/recipients-differ");
    }
    const [first] = body.recipients;
    if (!first) throw new Error("an entry");
    const twice = { ...body, recipients: [first, first] };
    const { kid } = first.header;
    for (const listed of [[kid, kid], [kid], recipients]) {
      expect(refusal(twice, { ...binding, recipients: listed })).toBe("body/recipients-differ");
    }
    expect(refusal(stripBody(body, a), binding)).toBe("body/recipients-differ");
  });

  it("does not ask in which order the entries stand", async () => {
    const { body, binding } = await both();
    expect(refusal({ ...body, recipients: body.recipients.toReversed() }, binding)).toBe("not refused");
  });
});
