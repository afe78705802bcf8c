import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { codeOf, codeOfAsync } from "../vectors/codes.ts";
import { KEYS } from "../vectors/examples.ts";
import { forgeTwoTexts, wrapKey } from "../vectors/forge-body.ts";
import type { EncryptionPair } from "../vectors/keys.ts";
import { Body, decryptBody, encryptBody, stripBody, verifyBinding } from "./body.ts";
import { encodeUtf8, toDigest } from "./bytes.ts";
import { decodeForm } from "./forms.ts";
import { MESSAGE_BYTES_MAX } from "./limits.ts";
import { parseSchema } from "./parse.ts";

const { customsEnc, fiuEnc, outsiderEnc } = KEYS;
const SALT = new Uint8Array(32).fill(7);
const FORM = encodeUtf8('{"form":"answer","text":"wares seen at the crossing","v":1}');

const toReader = ({ registered, privateJwk }: EncryptionPair) => ({ kid: registered.kid, jwk: privateJwk });
const encryptToBoth = (text = FORM) => encryptBody(text, [customsEnc.registered, fiuEnc.registered], SALT);

describe("two texts under one JWE", () => {
  it("can be made: ciphertext and tag are right under both keys; only the commitment tells", async () => {
    // 32 bytes of salt, then the text, padded to whole blocks with what JSON allows nowhere: the last block
    // is free.
    const plaintext = new Uint8Array(32 + 64 + 16);
    plaintext.set(SALT);
    plaintext.set(FORM, 32);
    const { body, binding, first } = await forgeTwoTexts(plaintext, 6, [customsEnc, fiuEnc]);
    verifyBinding(body, binding);
    expect(first.subarray(0, 32 + FORM.length)).toEqual(plaintext.subarray(0, 32 + FORM.length));
    expect(await decryptBody(body, binding, [toReader(customsEnc)])).toEqual(first.subarray(32));
    expect(await codeOfAsync(() => decryptBody(body, binding, [toReader(fiuEnc)]))).toBe("body/commitment");
    const own = stripBody(body, fiuEnc.registered.kid);
    expect(await codeOfAsync(() => decryptBody(own, binding, [toReader(fiuEnc)]))).toBe("body/commitment");
  });

  it("are caught for every recipient when the claims commit to neither", async () => {
    const { body, binding } = await encryptToBoth();
    const other = { ...binding, commitment: toDigest("another text") };
    verifyBinding(body, other);
    for (const reader of [customsEnc, fiuEnc]) {
      expect(await codeOfAsync(() => decryptBody(body, other, [toReader(reader)]))).toBe("body/commitment");
    }
  });

  it("cannot be hidden behind a change of the salt alone", async () => {
    const { body, binding } = await encryptBody(FORM, [customsEnc.registered], SALT);
    const other = new Uint8Array(32).fill(8);
    const resalted = { ...binding, commitment: toDigest(Buffer.concat([other, FORM])) };
    expect(await codeOfAsync(() => decryptBody(body, resalted, [toReader(customsEnc)]))).toBe(
      "body/commitment",
    );
  });
});

describe("the entries", () => {
  it("open for nobody else, and under no other label", async () => {
    const { body, binding } = await encryptToBoth();
    expect(await codeOfAsync(() => decryptBody(body, binding, [toReader(outsiderEnc)]))).toBe(
      "body/undecryptable",
    );
    expect(await codeOfAsync(() => decryptBody(body, binding, []))).toBe("body/undecryptable");
    const claimed = { kid: fiuEnc.registered.kid, jwk: outsiderEnc.privateJwk };
    expect(await codeOfAsync(() => decryptBody(body, binding, [claimed]))).toBe("body/undecryptable");
  });

  it("are refused when relabelled: the labels swapped, or one put for another", async () => {
    const { body, binding } = await encryptToBoth();
    const [a, b] = body.recipients;
    if (!a || !b) throw new Error("two entries");
    const relabel = (entry: typeof a, kid: typeof a.header.kid) => ({
      ...entry,
      header: { ...entry.header, kid },
    });
    const swapped = { ...body, recipients: [relabel(a, b.header.kid), relabel(b, a.header.kid)] };
    // The labels are the ones listed, so the broker cannot see it; the readers can.
    verifyBinding(swapped, binding);
    for (const reader of [customsEnc, fiuEnc]) {
      expect(await codeOfAsync(() => decryptBody(swapped, binding, [toReader(reader)]))).toBe(
        "body/undecryptable",
      );
    }
    const outsider = { ...body, recipients: [a, relabel(b, outsiderEnc.registered.kid)] };
    expect(codeOf(() => verifyBinding(outsider, binding))).toBe("body/recipients-differ");
  });

  it("are tried one key after another, for a reader that has several", async () => {
    const { body, binding } = await encryptBody(FORM, [customsEnc.registered], SALT);
    const readers = [toReader(outsiderEnc), toReader(fiuEnc), toReader(customsEnc)];
    expect(await decryptBody(body, binding, readers)).toEqual(FORM);
  });

  it("open to nothing when they wrap another key", async () => {
    const { body, binding } = await encryptToBoth();
    const entry = await wrapKey(new Uint8Array(32).fill(1), customsEnc);
    const other = { ...body, recipients: [entry] };
    expect(await codeOfAsync(() => decryptBody(other, binding, [toReader(customsEnc)]))).toBe(
      "body/undecryptable",
    );
  });
});

describe("the one form of a JWE", () => {
  const refusal = (value: unknown) => codeOf(() => parseSchema(Body, value, "body/malformed"));

  async function listAltered(): Promise<Record<string, unknown>> {
    const { body } = await encryptToBoth();
    const [first] = body.recipients;
    if (!first) throw new Error("an entry");
    const { epk } = first.header;
    const withEntry = (entry: unknown) => ({ ...body, recipients: [entry] });
    const withHeader = (more: object) => withEntry({ ...first, header: { ...first.header, ...more } });
    const toProtected = (header: object) => ({
      ...body,
      protected: Buffer.from(JSON.stringify(header)).toString("base64url"),
    });
    return {
      "another enc": toProtected({ enc: "A128GCM", typ: "leix-body+jwe" }),
      compression: toProtected({ enc: "A256GCM", typ: "leix-body+jwe", zip: "DEF" }),
      crit: toProtected({ crit: ["x"], enc: "A256GCM", typ: "leix-body+jwe", x: 1 }),
      "another order": toProtected({ typ: "leix-body+jwe", enc: "A256GCM" }),
      "an unprotected header": { ...body, unprotected: { zip: "DEF" } },
      aad: { ...body, aad: "AAAA" },
      "the flattened form": {
        ...body,
        recipients: undefined,
        header: first.header,
        encrypted_key: first.encrypted_key,
      },
      "no recipients": { ...body, recipients: [] },
      dir: withHeader({ alg: "dir" }),
      "ECDH-ES": withHeader({ alg: "ECDH-ES" }),
      RSA1_5: withHeader({ alg: "RSA1_5" }),
      PBES2: withHeader({ alg: "PBES2-HS512+A256KW", p2c: 1_000_000_000, p2s: "AAAA" }),
      apu: withHeader({ apu: "AAAA" }),
      "zip in the entry": withHeader({ zip: "DEF" }),
      "the private part in epk": withHeader({ epk: { ...epk, d: "A".repeat(43) } }),
      "epk of P-521": withHeader({ epk: { ...epk, crv: "P-521" } }),
      "an invalid-curve epk": withHeader({
        epk: { kty: "EC", crv: "P-256", x: "A".repeat(43), y: "A".repeat(43) },
      }),
      "epk of small order": withHeader({ epk: { kty: "OKP", crv: "X25519", x: `AQ${"A".repeat(41)}` } }),
      "a short wrapped key": withEntry({ ...first, encrypted_key: first.encrypted_key.slice(0, 53) }),
      "stray bits in iv": { ...body, iv: `${body.iv}A` },
      "stray bits in tag": { ...body, tag: `${body.tag.slice(0, -1)}B` },
      "a short tag": { ...body, tag: body.tag.slice(0, 16) },
      "padding in ciphertext": { ...body, ciphertext: `${body.ciphertext}=` },
      "stray bits in ciphertext": { ...body, ciphertext: `${"A".repeat(41)}B`.padEnd(43, "B") },
      "an empty ciphertext": { ...body, ciphertext: "" },
      "a ciphertext above its limit": { ...body, ciphertext: "A".repeat(MESSAGE_BYTES_MAX + 1) },
    };
  }

  it("is refused in every other", async () => {
    const altered = await listAltered();
    expect(Object.keys(altered).length).toBeGreaterThan(20);
    for (const [what, value] of Object.entries(altered)) {
      expect({ what, code: refusal(value) }).toEqual({ what, code: "body/malformed" });
    }
  });

  it("is refused with any bit of what is bound flipped, or opens for nobody", async () => {
    const { body, binding } = await encryptToBoth();
    const members = ["ciphertext", "iv", "tag"] as const;
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...members), fc.nat(), async (member, nat) => {
        const bytes = Buffer.from(body[member], "base64url");
        const bit = nat % (bytes.length * 8);
        bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const altered = { ...body, [member]: bytes.toString("base64url") };
        expect(codeOf(() => verifyBinding(altered, binding))).toBe("body/digest");
        expect(await codeOfAsync(() => decryptBody(altered, binding, [toReader(customsEnc)]))).toBe(
          "body/digest",
        );
      }),
    );
  });

  it("opens for nobody with any bit of a wrapped key flipped", async () => {
    const { body, binding } = await encryptBody(FORM, [customsEnc.registered], SALT);
    const [entry] = body.recipients;
    if (!entry) throw new Error("an entry");
    await fc.assert(
      fc.asyncProperty(fc.nat(319), async (bit) => {
        const bytes = Buffer.from(entry.encrypted_key, "base64url");
        bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const altered = { ...body, recipients: [{ ...entry, encrypted_key: bytes.toString("base64url") }] };
        expect(await codeOfAsync(() => decryptBody(altered, binding, [toReader(customsEnc)]))).toBe(
          "body/undecryptable",
        );
      }),
      { numRuns: 40 },
    );
  });
});

describe("what is decrypted", () => {
  it("is no form until it is parsed as one", async () => {
    const { body, binding } = await encryptBody(encodeUtf8("not a form"), [customsEnc.registered], SALT);
    const text = await decryptBody(body, binding, [toReader(customsEnc)]);
    expect(codeOf(() => decodeForm(text, "answer"))).toBe("body/form");
  });
});
