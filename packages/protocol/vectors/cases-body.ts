import { type Body, stripBody, toDigest } from "../src/index.ts";
import type { Chain } from "./chain.ts";
import { KEYS } from "./examples.ts";
import { forgeTwoTexts } from "./forge-body.ts";
import type { EncryptionPair } from "./keys.ts";
import type { Case } from "./run.ts";

const { customsEnc, fiuEnc, outsiderEnc } = KEYS;
const toReader = ({ registered, privateJwk }: EncryptionPair) => ({ kid: registered.kid, jwk: privateJwk });
const SMALL_ORDER = { kty: "OKP", crv: "X25519", x: "A".repeat(43) } as const;

function toInvalid(name: string, proves: string, input: Record<string, unknown>, code: string): Case {
  return { name: `invalid/body-${name}`, what: "body", proves, input, code };
}

export async function listBodyCases(chain: Chain): Promise<Case[]> {
  const { body, binding, text } = chain;
  const [customs, fiu] = [customsEnc.registered.kid, fiuEnc.registered.kid];
  const valid = (name: string, proves: string, input: Record<string, unknown>): Case => ({
    name: `valid/body-${name}`,
    what: "body",
    proves,
    input: { binding, ...input },
    expect: { text },
  });
  return [
    valid("whole-x25519", "The whole body, read with an X25519 key.", { body, reader: toReader(customsEnc) }),
    valid("whole-p-256", "The whole body, read with a P-256 key.", { body, reader: toReader(fiuEnc) }),
    valid("copy-x25519", "A copy with one entry.", {
      isCopy: true,
      body: stripBody(body, customs),
      reader: toReader(customsEnc),
    }),
    valid("copy-p-256", "A copy with the other entry: the same digest.", {
      isCopy: true,
      body: stripBody(body, fiu),
      reader: toReader(fiuEnc),
    }),
    ...listFormCases(chain),
    ...listBindingCases(chain),
    ...(await listReaderCases(chain)),
  ];
}

/** What is no body of this protocol at all. */
function listFormCases({ body, binding }: Chain): Case[] {
  const [entry] = body.recipients;
  if (!entry) throw new Error("a body has an entry");
  const withHeader = (more: object) => [{ ...entry, header: { ...entry.header, ...more } }];
  const toText = (header: string) => Buffer.from(header).toString("base64url");
  const zip = toText('{"enc":"A256GCM","typ":"leix-body+jwe","zip":"DEF"}');
  const a128 = toText('{"enc":"A128GCM","typ":"leix-body+jwe"}');
  const point = { kty: "EC", crv: "P-256", x: "A".repeat(43), y: "A".repeat(43) };
  const forms: readonly (readonly [string, string, Record<string, unknown>])[] = [
    ["zip", "Compression is refused.", { protected: zip }],
    ["enc-a128gcm", "Another content encryption is refused.", { protected: a128 }],
    ["alg-dir", "Another key management is refused.", { recipients: withHeader({ alg: "dir" }) }],
    ["entry-member", "An entry has exactly alg, epk and kid.", { recipients: withHeader({ apu: "AAAA" }) }],
    [
      "epk-off-curve",
      "An ephemeral key is a point of its curve.",
      { recipients: withHeader({ epk: point }) },
    ],
    ["epk-small-order", "And not of small order.", { recipients: withHeader({ epk: SMALL_ORDER }) }],
    ["unprotected-header", "There is no unprotected header.", { unprotected: {} }],
    ["no-recipients", "A body has a recipient.", { recipients: [] }],
    ["stray-bits", "Base64url has one spelling.", { tag: `${body.tag.slice(0, -1)}B` }],
  ];
  return forms.map(([name, proves, more]) =>
    toInvalid(name, proves, { body: { ...body, ...more }, binding }, "body/malformed"),
  );
}

function listBindingCases({ body, binding }: Chain): Case[] {
  const altered = `${body.ciphertext.startsWith("A") ? "B" : "A"}${body.ciphertext.slice(1)}`;
  const differ = "body/recipients-differ";
  const [first] = binding.recipients;
  if (!first) throw new Error("a body has an entry");
  const outside = [...binding.recipients.slice(1), outsiderEnc.registered.kid].toSorted();
  const cases: readonly (readonly [string, string, Body, object, string])[] = [
    [
      "ciphertext-altered",
      "The digest covers the ciphertext.",
      { ...body, ciphertext: altered },
      {},
      "body/digest",
    ],
    ["other-digest", "The body is the one the claims bind.", body, { digest: toDigest("x") }, "body/digest"],
    ["other-size", "The claims say how long the text is.", body, { bytes: binding.bytes + 1 }, "body/digest"],
    ["entry-missing", "Every listed key has its entry.", stripBody(body, first), {}, differ],
    ["entry-not-listed", "No other key has one.", body, { recipients: outside }, differ],
    ["list-unsorted", "The list is sorted.", body, { recipients: binding.recipients.toReversed() }, differ],
  ];
  return cases.map(([name, proves, altered, more, code]) =>
    toInvalid(name, proves, { body: altered, binding: { ...binding, ...more } }, code),
  );
}

async function listReaderCases({ body, binding }: Chain): Promise<Case[]> {
  const relabelled = {
    ...body,
    recipients: body.recipients.map((entry, i, all) => ({
      ...entry,
      header: { ...entry.header, kid: all[1 - i]?.header.kid ?? entry.header.kid },
    })),
  };
  // Six blocks of text, and a last block that is chosen so that the tag is right under both keys.
  const plaintext = new Uint8Array(112).fill(0x20);
  plaintext.set(Buffer.from('{"form":"request","text":"for the first reader","v":1}'), 32);
  const two = await forgeTwoTexts(plaintext, 6, [customsEnc, fiuEnc]);
  const reader = toReader(customsEnc);
  const other = { ...binding, commitment: toDigest("another text") };
  return [
    {
      name: "valid/body-two-texts-first-reader",
      what: "body",
      proves: "One ciphertext and tag that open under two keys: the first reader gets what is committed to.",
      input: { body: two.body, binding: two.binding, reader },
      expect: { text: new TextDecoder().decode(two.first.subarray(32)) },
    },
    toInvalid(
      "two-texts-second-reader",
      "The same body opens for the second reader too, to another text: only the commitment tells.",
      { body: two.body, binding: two.binding, reader: toReader(fiuEnc) },
      "body/commitment",
    ),
    toInvalid(
      "other-commitment",
      "The text is the one committed to.",
      { body, binding: other, reader },
      "body/commitment",
    ),
    toInvalid(
      "no-entry",
      "A reader without an entry reads nothing.",
      { body, binding, reader: toReader(outsiderEnc) },
      "body/undecryptable",
    ),
    toInvalid(
      "relabelled",
      "Entries under each other's kid open for nobody.",
      { body: relabelled, binding, reader },
      "body/undecryptable",
    ),
  ];
}
