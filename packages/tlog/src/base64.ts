import { decodeBase64url, encodeBase64url } from "@leix/protocol";
import { HASH_BYTES } from "./limits.ts";

const ALPHABET = /^[A-Za-z0-9+/]*={0,2}$/;

/** RFC 4648 section 4, with padding. */
export function encodeBase64(bytes: Uint8Array): string {
  const text = encodeBase64url(bytes).replaceAll("-", "+").replaceAll("_", "/");
  return text.padEnd(Math.ceil(text.length / 4) * 4, "=");
}

/** Null for anything but the one canonical spelling: with padding, without stray bits or line breaks. */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> | null {
  if (text.length % 4 !== 0 || !ALPHABET.test(text)) return null;
  return decodeBase64url(text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", ""));
}

export function decodeHash(text: string): Uint8Array | null {
  const hash = decodeBase64(text);
  return hash?.byteLength === HASH_BYTES ? hash : null;
}
