import { sha256 } from "@noble/hashes/sha2.js";
import { base64url } from "jose";
import { LeixError } from "./errors.ts";
import type { Digest } from "./ids.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function encodeUtf8(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text);
}

/** Throws `input/not-json` on bytes that are not UTF-8: all text of this protocol is JSON. */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw new LeixError("input/not-json", "not UTF-8", { cause });
  }
}

export function encodeBase64url(bytes: Uint8Array): string {
  return base64url.encode(bytes);
}

/**
 * RFC 4648 section 5 without padding. Returns null for anything but the one canonical encoding: decoders
 * accept stray bits in the last character, which would let one value travel under two spellings.
 */
export function decodeBase64url(text: string): Uint8Array<ArrayBuffer> | null {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) return null;
  const bytes = base64url.decode(text) as Uint8Array<ArrayBuffer>;
  return base64url.encode(bytes) === text ? bytes : null;
}

/** SHA-256 (FIPS 180-4) of bytes, or of a text's UTF-8. */
export function toDigest(data: Uint8Array | string): Digest {
  return encodeBase64url(sha256(typeof data === "string" ? encodeUtf8(data) : data)) as Digest;
}
