import { FlattenedEncrypt } from "jose";
import { Body, type BodyBinding, toBodyDigest, toDigest } from "../src/index.ts";
import { createCollision } from "./gcm-collision.ts";
import type { EncryptionPair } from "./keys.ts";

/** Bodies that our own encryption never makes. */

const PROTECTED = Buffer.from('{"enc":"A256GCM","typ":"leix-body+jwe"}').toString("base64url");

/** A key entry for a content key of the forger's choice. */
export async function wrapKey(
  cek: Uint8Array,
  { registered }: EncryptionPair,
): Promise<Body["recipients"][number]> {
  const { alg, kid, jwk } = registered;
  // jose has no wrapping of its own; epk and the wrapped key do not depend on what is encrypted beside them.
  const jwe = await new FlattenedEncrypt(new Uint8Array(1))
    .setProtectedHeader({ alg, enc: "A256GCM" })
    .setContentEncryptionKey(cek)
    .encrypt(jwk);
  const { epk } = JSON.parse(Buffer.from(jwe.protected ?? "", "base64url").toString());
  return { header: { alg, epk, kid }, encrypted_key: jwe.encrypted_key ?? "" };
}

/**
 * One body that opens for the first reader to what its claims commit to, and for the second to something
 * else.
 */
export async function forgeTwoTexts(
  plaintext: Uint8Array,
  free: number,
  readers: readonly [EncryptionPair, EncryptionPair],
): Promise<{ body: Body; binding: BodyBinding; first: Uint8Array }> {
  const ceks = [toDigestBytes("first content key"), toDigestBytes("second content key")] as const;
  const iv = toDigestBytes("iv").subarray(0, 12);
  const { ciphertext, tag } = createCollision(plaintext, free, ceks, iv, Buffer.from(PROTECTED));
  const entries = [await wrapKey(ceks[0], readers[0]), await wrapKey(ceks[1], readers[1])];
  const body = Body.parse({
    ciphertext: toText(ciphertext),
    iv: toText(iv),
    protected: PROTECTED,
    recipients: entries.toSorted((a, b) => (a.header.kid < b.header.kid ? -1 : 1)),
    tag: toText(tag),
  });
  const first = await openAlone(body, ceks[0]);
  const binding = {
    digest: toBodyDigest(body),
    commitment: toDigest(first),
    bytes: ciphertext.length,
    recipients: body.recipients.map((entry) => entry.header.kid),
  };
  return { body, binding, first };
}

/** What the ciphertext is under one content key; throws where the tag is not right. */
export async function openAlone(body: Body, cek: Uint8Array): Promise<Uint8Array> {
  const key = await crypto.subtle.importKey("raw", new Uint8Array(cek), "AES-GCM", false, ["decrypt"]);
  const [iv, ciphertext, tag] = [body.iv, body.ciphertext, body.tag].map((text) =>
    Buffer.from(text, "base64url"),
  );
  const sealed = new Uint8Array(Buffer.concat([ciphertext ?? Buffer.alloc(0), tag ?? Buffer.alloc(0)]));
  const algorithm = {
    name: "AES-GCM",
    iv: new Uint8Array(iv ?? []),
    additionalData: Buffer.from(body.protected),
  };
  return new Uint8Array(await crypto.subtle.decrypt(algorithm, key, sealed));
}

function toDigestBytes(text: string): Uint8Array {
  return Buffer.from(toDigest(text), "base64url");
}

function toText(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64url");
}
