import { z } from "zod";
import { decodeBase64url, decodeUtf8, encodeBase64url, type ToDigest, toDigest } from "./bytes.ts";
import { encodeCanonicalBytes, parseCanonicalText } from "./canonical.ts";
import { LeixError } from "./errors.ts";
import type { Digest } from "./ids.ts";

/** RFC 9901 section 4.2: a salted value whose digest is signed. `name` is absent for an array's element. */
export interface Disclosure {
  readonly text: string;
  readonly digest: Digest;
  readonly salt: string;
  readonly name?: string;
  readonly value: unknown;
}

const SALT = /^[A-Za-z0-9_-]{22}$/;
/** 16 random bytes in base64url. */
export const Salt = z.string().regex(SALT);

/** RFC 9901 section 4.2.1 (member of an object) and 4.2.2 (element of an array). */
export function createDisclosure(salt: string, value: unknown, name?: string): Disclosure {
  const content = name === undefined ? [salt, value] : [salt, name, value];
  const text = encodeBase64url(encodeCanonicalBytes(content));
  return { text, digest: toDigest(text), salt, value, ...(name === undefined ? {} : { name }) };
}

/** RFC 9901 section 4: `<JWS>~<disclosure>~ … ~`, without key binding. */
export function encodeSdJwt(jws: string, disclosures: readonly Disclosure[]): string {
  return [jws, ...disclosures.map((disclosure) => disclosure.text), ""].join("~");
}

/**
 * Takes an SD-JWT apart; verifies nothing. Throws `decision/malformed`, and `decision/disclosure` where one
 * is given twice.
 */
export function decodeSdJwt(
  text: string,
  digest: ToDigest = toDigest,
): {
  readonly jws: string;
  readonly disclosures: readonly Disclosure[];
} {
  const [jws, ...parts] = text.split("~");
  if (jws === undefined || parts.pop() !== "") throw new LeixError("decision/malformed", "not an SD-JWT");
  if (new Set(parts).size !== parts.length) throw new LeixError("decision/disclosure", "given twice");
  return { jws, disclosures: parts.map((part) => decodeDisclosure(part, digest)) };
}

/** RFC 9901 lets an issuer spell the array as it likes; this profile has one spelling of everything. */
function parseContent(bytes: Uint8Array): unknown {
  try {
    return parseCanonicalText(decodeUtf8(bytes));
  } catch (cause) {
    throw new LeixError("decision/malformed", "disclosure is not canonical JSON", { cause });
  }
}

function decodeDisclosure(text: string, digest: ToDigest): Disclosure {
  const bytes = decodeBase64url(text);
  if (!bytes) throw new LeixError("decision/malformed", "disclosure is not base64url");
  const content = parseContent(bytes);
  const [salt, ...rest] = Array.isArray(content) ? content : [];
  const isNamed = rest.length === 2 && typeof rest[0] === "string";
  if (typeof salt !== "string" || !SALT.test(salt) || (rest.length !== 1 && !isNamed)) {
    throw new LeixError("decision/malformed", "disclosure of another form");
  }
  const found = { text, digest: digest(text), salt, value: rest.at(-1) };
  return isNamed ? { ...found, name: rest[0] } : found;
}
