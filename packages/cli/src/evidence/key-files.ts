import { generateKeyPairSync } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import type { BodyReader } from "@leix/client";
import {
  type DecryptionKey,
  LeixError,
  type PrivateJwk,
  parseSchema,
  RegisteredKey,
  toThumbprint,
  verifyKey,
} from "@leix/protocol";
import { z } from "zod";

/** Of a JWK (RFC 7517) the members that make it a key to encrypt to; what else it says is left aside. */
const ReaderJwk = z.looseObject({
  kty: z.enum(["EC", "OKP"]),
  crv: z.enum(["P-256", "X25519"]),
  x: z.string(),
  y: z.string().optional(),
  d: z.string().optional(),
});

/**
 * The public key of whoever is to read a body. Throws `config/invalid` for what is no such key, or holds a
 * private one: that is nobody's but its owner's; `key/invalid`.
 */
export async function loadReader(file: string): Promise<BodyReader> {
  const { d, ...parts } = await loadJwk(file);
  if (d !== undefined)
    throw new LeixError("config/invalid", `${file} holds a private key: give the public one`);
  return toReader(file, parts);
}

/** Throws `config/invalid`, `key/invalid`. */
export async function loadReaderKey(file: string): Promise<DecryptionKey> {
  const { d, ...parts } = await loadJwk(file);
  if (d === undefined) throw new LeixError("config/invalid", `${file} holds no private key`);
  const { kid, jwk } = await toReader(file, parts);
  return { kid, jwk: { ...jwk, d } as PrivateJwk };
}

/** A new key pair: the private key in `file`, for its owner's eyes only, the public one beside it. */
export async function createReaderKey(file: string): Promise<{ readonly publicFile: string }> {
  const { privateKey, publicKey } = generateKeyPairSync("x25519");
  const publicFile = `${file}.pub`;
  const write = (name: string, key: object, mode: number) =>
    writeFile(name, `${JSON.stringify(key)}\n`, { mode, flag: "wx" });
  try {
    await write(file, privateKey.export({ format: "jwk" }), 0o600);
    await write(publicFile, publicKey.export({ format: "jwk" }), 0o644);
  } catch (cause) {
    throw new LeixError("config/invalid", `${file} is there already, or cannot be written`, { cause });
  }
  return { publicFile };
}

async function toReader(file: string, { crv, kty, x, y }: z.infer<typeof ReaderJwk>): Promise<BodyReader> {
  const jwk = crv === "P-256" ? { crv, kty, x, y } : { crv, kty, x };
  const shape = RegisteredKey.safeParse({
    ...{ kid: "A".repeat(43), nbf: 0, exp: 1, use: "enc", alg: "ECDH-ES+A256KW", jwk },
  });
  if (!shape.success) throw new LeixError("config/invalid", `${file} is no public key of P-256 or X25519`);
  const kid = toThumbprint(shape.data.jwk);
  await verifyKey({ ...shape.data, kid });
  return { kid, jwk: shape.data.jwk };
}

async function loadJwk(file: string): Promise<z.infer<typeof ReaderJwk>> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, "utf8"));
  } catch {
    // The engine's error quotes the text, which may be a private key.
    throw new LeixError("config/invalid", `${file} cannot be read, or is not JSON`);
  }
  return parseSchema(ReaderJwk, value, "config/invalid");
}
