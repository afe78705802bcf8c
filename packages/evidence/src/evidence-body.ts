import {
  type Body,
  type BodyBinding,
  type Claims,
  type DecryptionKey,
  decodeForm,
  decryptBody,
  encodeCanonical,
  type Form,
  type KeyId,
  LeixError,
  toDigest,
  verifyBodyDigest,
} from "@leix/protocol";
import type { EvidenceBody } from "./evidence.ts";

/** `jwe` has one entry: the body's key, wrapped for the reader. */
export function createEvidenceBody(jwe: Body): EvidenceBody {
  return { jwe, digest: toDigest(encodeCanonical(jwe)) };
}

/**
 * Is this the body that the claims bind, whole, with one reader's entry? Needs no key. Throws
 * `evidence/differs`, `body/digest`.
 */
export function verifyEvidenceBody({ jwe, digest }: EvidenceBody, binding: BodyBinding | undefined): KeyId {
  if (!binding) throw new LeixError("evidence/differs", "the message has no body");
  if (toDigest(encodeCanonical(jwe)) !== digest)
    throw new LeixError("evidence/differs", "digest of the body");
  verifyBodyDigest(jwe, binding);
  const [entry, ...others] = jwe.recipients;
  if (!entry || others.length > 0) throw new LeixError("evidence/differs", "not one reader's entry");
  return entry.header.kid;
}

/** The text. Throws `body/undecryptable` for another reader's key, `body/commitment`, `body/form`. */
export async function openEvidenceBody(
  { jwe }: EvidenceBody,
  binding: BodyBinding,
  kind: Claims["kind"],
  reader: DecryptionKey,
): Promise<Form> {
  return decodeForm(await decryptBody(jwe, binding, [reader]), kind);
}
