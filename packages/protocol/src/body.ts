import { GeneralEncrypt, generalDecrypt } from "jose";
import { z } from "zod";
import {
  encodeBase64url,
  encodeUtf8,
  isBase64url,
  toBase64urlPattern,
  toDecodedBytes,
  toDigest,
} from "./bytes.ts";
import { encodeCanonical } from "./canonical.ts";
import type { BodyBinding } from "./claims.ts";
import { isUsablePoint } from "./curve.ts";
import { invariant, LeixError } from "./errors.ts";
import { type Digest, KeyId } from "./ids.ts";
import { type DecryptionKey, EcPublicJwk, type RegisteredKey, X25519PublicJwk } from "./keys.ts";
import { MESSAGE_BYTES_MAX, RECIPIENTS_MAX } from "./limits.ts";
import { parseSchema } from "./parse.ts";

const SALT_BYTES = 32;
const PROTECTED = encodeBase64url(encodeUtf8('{"enc":"A256GCM","typ":"leix-body+jwe"}'));

const base64url = (bytes: number) => z.string().regex(toBase64urlPattern(bytes));

const RecipientEntry = z.strictObject({
  header: z.strictObject({
    alg: z.literal("ECDH-ES+A256KW"),
    epk: z
      .discriminatedUnion("crv", [EcPublicJwk, X25519PublicJwk])
      .refine(isUsablePoint, "not a usable point of the curve"),
    kid: KeyId,
  }),
  encrypted_key: base64url(40),
});

/** Once more what the schema says: decryption alone would take whatever the entries name. */
const ALGORITHMS = {
  keyManagementAlgorithms: ["ECDH-ES+A256KW"],
  contentEncryptionAlgorithms: ["A256GCM"],
};

/** The general JWE serialisation (RFC 7516 section 7.2.1), narrowed to the one form this protocol has. */
export const Body = z.strictObject({
  ciphertext: z
    .string()
    .min(1)
    .max(MESSAGE_BYTES_MAX)
    .refine(isBase64url, "not base64url in its one spelling"),
  iv: base64url(12),
  protected: z.literal(PROTECTED),
  recipients: z.array(RecipientEntry).min(1).max(RECIPIENTS_MAX),
  tag: base64url(16),
});
export type Body = z.infer<typeof Body>;

/** A recipient's registered encryption key. */
export type EncryptionKey = RegisteredKey & { readonly use: "enc" };

/**
 * Encrypts one text to every key, and makes the binding that the claims carry. `salt` is 32 fresh random
 * bytes; it precedes the text, so that the commitment tells nothing about a short text. Throws `key/invalid`
 * where a key cannot be used.
 */
export async function encryptBody(
  text: Uint8Array,
  keys: readonly EncryptionKey[],
  salt: Uint8Array,
): Promise<{ body: Body; binding: BodyBinding }> {
  invariant(salt.byteLength === SALT_BYTES, "a salt has 32 bytes");
  const plaintext = new Uint8Array(SALT_BYTES + text.byteLength);
  plaintext.set(salt);
  plaintext.set(text, SALT_BYTES);
  const sorted = keys.toSorted((a, b) => (a.kid < b.kid ? -1 : 1));
  const [first] = sorted;
  invariant(first, "a body has at least one recipient");
  invariant(isAscending(sorted.map((key) => key.kid)), "a body has one entry for a key");
  const encrypt = new GeneralEncrypt(plaintext).setProtectedHeader({ enc: "A256GCM", typ: "leix-body+jwe" });
  // jose moves epk into the protected header of a lone recipient, which would make the ciphertext's digest
  // differ with the number of recipients. The first key is added once more and that entry dropped: there is
  // never a lone one.
  for (const key of [...sorted, first]) {
    encrypt.addRecipient(key.jwk).setUnprotectedHeader({ alg: key.alg, kid: key.kid });
  }
  const jwe = await encrypt.encrypt().catch((cause) => {
    throw new LeixError("key/invalid", "a recipient's key cannot be used", { cause });
  });
  const body = parseSchema(
    Body,
    { ...jwe, recipients: jwe.recipients.slice(0, sorted.length) },
    "body/malformed",
  );
  return {
    body,
    binding: {
      digest: toBodyDigest(body),
      commitment: toDigest(plaintext),
      bytes: plaintext.byteLength,
      recipients: sorted.map((key) => key.kid),
    },
  };
}

/**
 * Covers protected header, iv, ciphertext and tag; not the recipient entries, which every copy has fewer of.
 */
export function toBodyDigest(body: Body): Digest {
  const { ciphertext, iv, tag } = body;
  return toDigest(encodeCanonical({ ciphertext, iv, protected: body.protected, tag }));
}

/**
 * Is this the whole body, as sent, that the claims bind? Throws `body/digest`, `body/recipients-differ`.
 * Needs no key: it is what the policy service checks.
 */
export function verifyBinding(body: Body, binding: BodyBinding): void {
  verifyBodyDigest(body, binding);
  const kids = body.recipients.map((entry) => entry.header.kid).toSorted();
  const listed = binding.recipients;
  if (!isAscending(listed)) throw new LeixError("body/recipients-differ", "not sorted, or one listed twice");
  if (kids.length !== listed.length || kids.some((kid, i) => kid !== listed[i])) {
    throw new LeixError("body/recipients-differ", `${kids.length} entries, ${listed.length} listed`);
  }
}

/** The part of the binding that a recipient can check on its own copy. Throws `body/digest`. */
export function verifyBodyDigest(body: Body, binding: BodyBinding): void {
  if (toBodyDigest(body) !== binding.digest) throw new LeixError("body/digest");
  if (toPlaintextBytes(body) !== binding.bytes) throw new LeixError("body/digest", "size");
}

/** The same body with the entry of one key only: what that key's owner is given. */
export function stripBody(body: Body, kid: KeyId): Body {
  return { ...body, recipients: body.recipients.filter((entry) => entry.header.kid === kid) };
}

/**
 * Decrypts with whichever of the reader's keys has an entry, and checks the commitment, without which a
 * hostile sender could show each recipient another text. Throws `body/undecryptable`, `body/commitment`.
 */
export async function decryptBody(
  body: Body,
  binding: BodyBinding,
  keys: readonly DecryptionKey[],
): Promise<Uint8Array> {
  verifyBodyDigest(body, binding);
  const plaintext = await decryptAny(body, keys);
  if (toDigest(plaintext) !== binding.commitment) throw new LeixError("body/commitment");
  return plaintext.subarray(SALT_BYTES);
}

async function decryptAny(body: Body, keys: readonly DecryptionKey[]): Promise<Uint8Array> {
  let cause: unknown;
  for (const key of keys) {
    const own = stripBody(body, key.kid);
    if (own.recipients.length === 0) continue;
    try {
      return (await generalDecrypt(own, key.jwk, ALGORITHMS)).plaintext;
    } catch (error) {
      cause = error;
    }
  }
  throw new LeixError("body/undecryptable", cause ? "the entry does not open" : "no entry for this reader", {
    cause,
  });
}

/** A256GCM keeps the length: ciphertext and plaintext have as many bytes. */
function toPlaintextBytes(body: Body): number {
  return toDecodedBytes(body.ciphertext);
}

function isAscending(kids: readonly KeyId[]): boolean {
  return kids.every((kid, i) => i === 0 || (kids[i - 1] ?? "") < kid);
}
