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

const ALPHABET = /^[A-Za-z0-9_-]*$/;
/** Which last characters leave no stray bits, by the number of bytes (modulo 3) that are encoded. */
const LAST_CHARACTERS = ["", "AQgw", "AEIMQUYcgkosw048"] as const;

/**
 * RFC 4648 section 5 without padding, in its one canonical spelling: decoders accept stray bits in the last
 * character, which would let one value travel under several. Decodes nothing, so it is cheap on large texts.
 */
export function isBase64url(text: string): boolean {
  const last = LAST_CHARACTERS[toDecodedBytes(text) % 3] ?? "";
  if (text.length % 4 === 1 || !ALPHABET.test(text)) return false;
  return last === "" || last.includes(text.charAt(text.length - 1));
}

/** How many bytes a canonical base64url text stands for. */
export function toDecodedBytes(text: string): number {
  return Math.floor((text.length * 3) / 4);
}

/** How many characters of base64url stand for so many bytes. */
export function toEncodedCharacters(bytes: number): number {
  return Math.ceil((bytes * 4) / 3);
}

/** The canonical base64url of exactly so many bytes, as a pattern that a JSON Schema can say too. */
export function toBase64urlPattern(bytes: number): RegExp {
  const last = LAST_CHARACTERS[bytes % 3] ?? "";
  return new RegExp(`^[A-Za-z0-9_-]{${Math.floor((bytes * 4) / 3)}}${last === "" ? "" : `[${last}]`}$`);
}

/**
 * Returns null for anything but canonical base64url. The decoder refuses characters outside of the alphabet,
 * but skips white space and padding: then there are fewer bytes than so many characters stand for.
 */
export function decodeBase64url(text: string): Uint8Array<ArrayBuffer> | null {
  const length = toDecodedBytes(text);
  if (!endsCanonically(text, length)) return null;
  try {
    const bytes = base64url.decode(text) as Uint8Array<ArrayBuffer>;
    return bytes.byteLength === length ? bytes : null;
  } catch {
    return null;
  }
}

/** Where texts are decoded, one after another: an array of its own for each costs far more than decoding. */
const scratch = new Uint8Array(65_536);

/**
 * The same, as bytes that hold until the next call: to be read at once. Large texts get an array of their
 * own.
 */
export function viewBase64url(text: string): Uint8Array<ArrayBuffer> | null {
  const length = toDecodedBytes(text);
  if (length > scratch.byteLength) return decodeBase64url(text);
  if (!endsCanonically(text, length)) return null;
  try {
    const { read, written } = scratch.setFromBase64(text, BASE64URL);
    return read === text.length && written === length ? scratch.subarray(0, length) : null;
  } catch {
    return null;
  }
}

const BASE64URL = { alphabet: "base64url" } as const;

/** No stray bits in the last character, which every decoder but a strict one accepts. */
function endsCanonically(text: string, length: number): boolean {
  const last = LAST_CHARACTERS[length % 3] ?? "";
  return text.length % 4 !== 1 && (last === "" || last.includes(text.charAt(text.length - 1)));
}

/** SHA-256, by whoever does it: a program may have the platform's at hand, which is the faster. */
export type ToDigest = (data: Uint8Array | string) => Digest;

/** SHA-256 (FIPS 180-4) of bytes, or of a text's UTF-8. */
export function toDigest(data: Uint8Array | string): Digest {
  return encodeBase64url(sha256(typeof data === "string" ? encodeUtf8(data) : data)) as Digest;
}
