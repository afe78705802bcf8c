import { CompactSign } from "jose";
import { z } from "zod";
import {
  decodeBase64url,
  decodeUtf8,
  encodeBase64url,
  encodeUtf8,
  isBase64url,
  type ToDigest,
  toDecodedBytes,
  toDigest,
  toEncodedCharacters,
  viewBase64url,
} from "./bytes.ts";
import { encodeCanonical, encodeCanonicalBytes, parseCanonical, parseCanonicalText } from "./canonical.ts";
import { LeixError } from "./errors.ts";
import { type Digest, KeyId } from "./ids.ts";
import type { RegisteredKey, SigningAlgorithm, SigningKey } from "./keys.ts";
import { parseSchema } from "./parse.ts";

const HEADER_BYTES_MAX = 256;

const Header = z.strictObject({ alg: z.enum(["ES256", "Ed25519"]), kid: KeyId, typ: z.string() });
/** As nearly every header is spelled: what does not look so is taken apart member by member. */
const HEADER =
  /^\{"alg":"(ES256|Ed25519)","kid":"([A-Za-z0-9_-]{42}[AEIMQUYcgkosw048])","typ":"([a-z+-]+)"\}$/;

/** The form of a compact JWS (RFC 7515 section 7.1), as a pattern that a JSON Schema can say too. */
export const COMPACT_JWS = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

/** A compact JWS taken apart; nothing is verified but its form. */
export interface ParsedJws {
  readonly token: string;
  readonly header: z.infer<typeof Header>;
  readonly payload: unknown;
  /**
   * SHA-256 of the signing input: the token's identity. ES256 signatures are malleable, so never the token's.
   */
  readonly digest: Digest;
}

/**
 * Takes a compact JWS apart. The header must be exactly the canonical `{alg, kid, typ}` with the typ expected
 * here; the payload canonical JSON of at most `payloadBytesMax` bytes. Throws `jws/malformed`, `jws/header`,
 * `jws/type` and the `input/` codes.
 */
export function parseJws(
  token: string,
  typ: string,
  payloadBytesMax: number,
  digest: ToDigest = toDigest,
): ParsedJws {
  const parts = splitJws(token, typ, payloadBytesMax, digest);
  return { ...parts, payload: parseCanonicalText(parts.payload) };
}

/** A compact JWS whose payload is not read: any text. */
export type JwsParts = Omit<ParsedJws, "payload"> & { readonly payload: string };

/** Throws as `parseJws` does, but for what is said of the payload's JSON. */
export function splitJws(token: string, typ: string, payloadBytesMax: number, digest: ToDigest): JwsParts {
  if (token.length > toEncodedCharacters(payloadBytesMax) + HEADER_BYTES_MAX * 2) {
    throw new LeixError("input/too-large", `token of ${token.length} characters`);
  }
  const parts = token.split(".", 4);
  const [head = "", body = "", signature = ""] = parts;
  const header = HEADERS.get(head) ?? decodeBase64url(head);
  const payload = viewBase64url(body);
  const isSized = isBase64url(signature) && toDecodedBytes(signature) === SIGNATURE_BYTES;
  if (parts.length !== 3 || !header || !payload || !isSized) throw new LeixError("jws/malformed");
  const parsed = header instanceof Uint8Array ? parseHeader(header) : header;
  if (parsed.typ !== typ) throw new LeixError("jws/type", `typ is not ${typ}`);
  if (payload.byteLength > payloadBytesMax) {
    throw new LeixError("input/too-large", `${payload.byteLength} of at most ${payloadBytesMax} bytes`);
  }
  const text = decodeUtf8(payload);
  keepHeader(head, parsed);
  return { token, header: parsed, payload: text, digest: digest(token.slice(0, token.lastIndexOf("."))) };
}

/** Ed25519, and ES256 as JWS has it. */
const SIGNATURE_BYTES = 64;

/** Headers as they were taken apart, by their part of the token: a key makes the same one every time. */
const HEADERS = new Map<string, ParsedJws["header"]>();
const HEADERS_MAX = 1_024;

function keepHeader(head: string, header: ParsedJws["header"]): void {
  if (HEADERS.has(head)) return;
  if (HEADERS.size === HEADERS_MAX) HEADERS.clear();
  // In a text of its own: a part of a token would keep all of the token in memory.
  HEADERS.set(encodeHeader(header), Object.freeze(header));
}

function encodeHeader(header: ParsedJws["header"]): string {
  return encodeBase64url(encodeUtf8(encodeCanonical(header)));
}

/**
 * Verifies the signature under a registered key. The algorithm is the one registered, whatever the header
 * says. Throws `jws/key-unknown` where the key is not the one the header names, `jws/key-use`,
 * `jws/algorithm`, `jws/signature-invalid`; and what the platform throws when it cannot verify, as it is:
 * that says nothing about a signature, and is to be tried again. Validity in time is the caller's to judge.
 * Pass the same key object every time: the imported key is kept beside it (and the object frozen), and
 * importing costs as much as verifying.
 */
export async function verifyJws(
  jws: Pick<ParsedJws, "token" | "header">,
  key: RegisteredKey,
  verify: VerifySignature = verifyByPlatform,
): Promise<void> {
  if (key.kid !== jws.header.kid) throw new LeixError("jws/key-unknown", `not signed under kid ${key.kid}`);
  if (key.use !== "sig") throw new LeixError("jws/key-use", `kid ${key.kid}`);
  if (key.alg !== jws.header.alg) throw new LeixError("jws/algorithm", `kid ${key.kid}`);
  if (!(await isSigned(jws.token, key, verify)))
    throw new LeixError("jws/signature-invalid", `kid ${key.kid}`);
}

/**
 * RFC 7515 section 5.2, step 8 (RFC 7518 section 3.4, RFC 8037 section 3.1), by whoever does it: a program
 * may have a cheaper way than WebCrypto. False where the key is no point of its curve.
 */
export type VerifySignature = (
  input: Uint8Array<ArrayBuffer>,
  signature: Uint8Array<ArrayBuffer>,
  key: RegisteredKey,
) => boolean | Promise<boolean>;

function isSigned(token: string, key: RegisteredKey, verify: VerifySignature): boolean | Promise<boolean> {
  const end = token.lastIndexOf(".");
  const signature = decodeBase64url(token.slice(end + 1));
  return signature !== null && verify(encodeUtf8(token.slice(0, end)), signature, key);
}

const verifyByPlatform: VerifySignature = async (input, signature, key) => {
  const imported = await importOnce(key);
  if (!imported) return false;
  return crypto.subtle.verify(imported.algorithm, imported.publicKey, signature, input);
};

interface ImportedKey {
  readonly algorithm: VerifyAlgorithm;
  readonly publicKey: CryptoKey;
}

const ES256 = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const ED25519 = { name: "Ed25519" } as const;
type VerifyAlgorithm = typeof ES256 | typeof ED25519;

/** Beside the key objects themselves: an imported key is gone when its key is. */
const IMPORTED = new WeakMap<RegisteredKey, Promise<ImportedKey | undefined>>();

function importOnce(key: RegisteredKey): Promise<ImportedKey | undefined> {
  const known = IMPORTED.get(key);
  if (known !== undefined) return known;
  const importing = importPublicKey(Object.freeze(key));
  IMPORTED.set(key, importing);
  // What failed on the platform's side is tried again with the next token.
  importing.catch(() => IMPORTED.delete(key));
  return importing;
}

/** Undefined for a pair that is no point of its curve: Web Cryptography API section 14.3.9, DataError. */
async function importPublicKey({ alg, jwk }: RegisteredKey): Promise<ImportedKey | undefined> {
  const algorithm = alg === "ES256" ? ES256 : ED25519;
  try {
    const publicKey = await crypto.subtle.importKey("jwk", { ...jwk }, algorithm, false, ["verify"]);
    return { algorithm, publicKey };
  } catch (error) {
    if (error instanceof Error && error.name === "DataError") return undefined;
    throw error;
  }
}

/** What will be signed: canonical header and payload. Its digest is known before the signature is made. */
export interface SigningInput {
  readonly header: z.infer<typeof Header>;
  readonly payload: Uint8Array;
  readonly digest: Digest;
}

export function toSigningInput(payload: unknown, typ: string, key: SigningKey): SigningInput {
  const header = { alg: key.alg, kid: key.kid, typ };
  const bytes = encodeCanonicalBytes(payload);
  return { header, payload: bytes, digest: toDigest(toInputText({ header, payload: bytes })) };
}

/** Compact JWS over a signing input. */
export async function signInput(input: SigningInput, key: SigningKey): Promise<string> {
  if ("jwk" in key) return new CompactSign(input.payload).setProtectedHeader(input.header).sign(key.jwk);
  const text = toInputText(input);
  return `${text}.${encodeBase64url(await key.sign(encodeUtf8(text)))}`;
}

/** RFC 7515 section 5.1, step 5: what is signed. */
function toInputText({ header, payload }: Omit<SigningInput, "digest">): string {
  return `${encodeHeader(header)}.${encodeBase64url(payload)}`;
}

/** Signs a JSON payload in its canonical form. */
export async function signJws(payload: unknown, typ: string, key: SigningKey): Promise<ParsedJws> {
  const input = toSigningInput(payload, typ, key);
  const token = await signInput(input, key);
  // What was signed, not what was given: members that are undefined have no place in JSON.
  return {
    token,
    header: input.header,
    payload: parseCanonicalText(decodeUtf8(input.payload)),
    digest: input.digest,
  };
}

function parseHeader(bytes: Uint8Array): z.infer<typeof Header> {
  return readHeader(bytes) ?? parseAnyHeader(bytes);
}

function readHeader(bytes: Uint8Array): z.infer<typeof Header> | undefined {
  if (bytes.byteLength > HEADER_BYTES_MAX) return undefined;
  const [, alg, kid, typ] = HEADER.exec(Reflect.apply(String.fromCharCode, null, bytes)) ?? [];
  if (alg === undefined || kid === undefined || typ === undefined) return undefined;
  return { alg: alg as SigningAlgorithm, kid: kid as KeyId, typ };
}

function parseAnyHeader(bytes: Uint8Array): z.infer<typeof Header> {
  let value: unknown;
  try {
    value = parseCanonical(bytes, HEADER_BYTES_MAX);
  } catch (cause) {
    throw new LeixError("jws/header", "not canonical JSON", { cause });
  }
  return parseSchema(Header, value, "jws/header");
}
