import {
  KeyId,
  LeixError,
  type LocalKey,
  type PrivateJwk,
  parseSchema,
  RegisteredKey,
  type RemoteKey,
  refuseForeignKid,
} from "@leix/protocol";
import { z } from "zod";
import type { PassphraseSource } from "./passphrase.ts";
import { loadSecret } from "./secret-file.ts";

const PrivateJwkFile = z.looseObject({
  kty: z.enum(["EC", "OKP"]),
  crv: z.enum(["P-256", "Ed25519", "X25519"]),
  x: z.string(),
  d: z.string(),
  kid: KeyId,
  alg: z.enum(["ES256", "Ed25519", "ECDH-ES+A256KW"]),
});

/** Where in a PKCS#11 token a private key is, and what unlocks it. Nothing in it is secret. */
export const TokenPlace = z.strictObject({
  /** The token's module: a shared library. */
  module: z.string().startsWith("/"),
  /** The token's label; a label of PKCS#11 has at most 32 bytes. */
  token: z.string().min(1).max(32),
  /** CKA_ID of the private key, in hexadecimal. Not its label: OpenSC's tool signs by the id alone. */
  id: z.string().regex(/^(?:[0-9a-f]{2}){1,64}$/),
  /** A file whose first line is the user's PIN. */
  pinFile: z.string().startsWith("/"),
});
export type TokenPlace = z.infer<typeof TokenPlace>;

/** The file of a signing key that a token holds: its public part, and where it is. */
const TokenKeyFile = z.strictObject({
  v: z.literal(1),
  kid: KeyId,
  alg: z.enum(["ES256", "Ed25519"]),
  jwk: z.record(z.string(), z.string()),
  pkcs11: TokenPlace,
});

/** What a private key's file holds: the key, or where in a token it is. */
export type KeyFile =
  | {
      readonly kind: "key";
      readonly kid: KeyId;
      readonly alg: RegisteredKey["alg"];
      readonly jwk: PrivateJwk;
    }
  | ({ readonly kind: "token"; readonly place: TokenPlace } & Omit<RemoteKey, "sign">);

/**
 * Throws `key/readable-by-others`, `key/passphrase-missing`, `key/passphrase-wrong`; `config/invalid` where
 * the file is missing or broken.
 */
export async function loadKeyFile(file: string, askPassphrase: PassphraseSource): Promise<KeyFile> {
  const value = parseJson(await loadSecret(file, askPassphrase), file);
  if (isTokenKey(value)) return parseTokenKey(value, file);
  const { kid, alg, ...jwk } = parseSchema(PrivateJwkFile, value, "config/invalid");
  return { kind: "key", kid, alg, jwk: jwk as LocalKey["jwk"] };
}

/** The text of the file of a key that a token holds. */
export function toTokenKeyText({ kid, alg, publicJwk }: Omit<RemoteKey, "sign">, pkcs11: TokenPlace): string {
  return `${JSON.stringify({ v: 1, kid, alg, jwk: publicJwk, pkcs11 }, null, 2)}\n`;
}

/** Is this the text of the file of a key that a token holds? Nothing in it is secret. */
export function isTokenKeyText(text: string): boolean {
  try {
    return isTokenKey(JSON.parse(text));
  } catch {
    return false;
  }
}

function isTokenKey(value: unknown): boolean {
  return typeof value === "object" && value !== null && "pkcs11" in value;
}

function parseTokenKey(value: unknown, file: string): KeyFile {
  const { kid, alg, jwk, pkcs11 } = parseSchema(TokenKeyFile, value, "config/invalid");
  const shape = { kid, alg, jwk, nbf: 0, exp: 1, use: "sig" };
  const key = parseSchema(RegisteredKey, shape, "config/invalid");
  try {
    refuseForeignKid(key);
  } catch (cause) {
    throw new LeixError("config/invalid", `${file} has another key's kid`, { cause });
  }
  return { kind: "token", kid, alg, publicJwk: key.jwk, place: pkcs11 };
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The platform's message quotes the text, which is a private key.
    throw new LeixError("config/invalid", `${file} is not JSON`);
  }
}
