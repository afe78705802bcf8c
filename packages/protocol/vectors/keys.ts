import { createECDH, createHash, createPrivateKey } from "node:crypto";
import {
  AccountId,
  type LocalKey,
  type PrivateJwk,
  type PublicJwk,
  type RegisteredKey,
  toThumbprint,
} from "../src/index.ts";

/**
 * Keys for tests and vectors, each a function of its name: nothing here is secret, and nothing made here may
 * ever be registered anywhere.
 */

export const VALID_FROM = 1_767_225_600;
export const VALID_UNTIL = 1_893_456_000;

/** PKCS #8 (RFC 8410) around a 32-byte seed, up to the seed. */
const PKCS8_PREFIX = {
  Ed25519: "302e020100300506032b657004220420",
  X25519: "302e020100300506032b656e04220420",
};

export interface KeyPair<K extends RegisteredKey = RegisteredKey> {
  readonly registered: K;
  readonly privateJwk: PrivateJwk;
}

type Registered<A extends RegisteredKey["alg"]> = Extract<RegisteredKey, { alg: A }>;
export type EncryptionPair = KeyPair<Registered<"ECDH-ES+A256KW">>;
export type SigningPair = KeyPair<Registered<"ES256"> | Registered<"Ed25519">>;

export function createEs256(name: string): SigningPair {
  const { d, ...jwk } = createP256(name);
  return {
    registered: { ...toValidity(jwk), use: "sig", alg: "ES256", jwk },
    privateJwk: { ...jwk, d },
  };
}

export function createEd25519(name: string): SigningPair {
  const { d, x } = createOkp("Ed25519", name);
  const jwk = { kty: "OKP", crv: "Ed25519", x } as const;
  return {
    registered: { ...toValidity(jwk), use: "sig", alg: "Ed25519", jwk },
    privateJwk: { ...jwk, d },
  };
}

export function createP256Encryption(name: string): EncryptionPair {
  const { d, ...jwk } = createP256(name);
  return {
    registered: { ...toValidity(jwk), use: "enc", alg: "ECDH-ES+A256KW", jwk },
    privateJwk: { ...jwk, d },
  };
}

export function createX25519Encryption(name: string): EncryptionPair {
  const { d, x } = createOkp("X25519", name);
  const jwk = { kty: "OKP", crv: "X25519", x } as const;
  return {
    registered: { ...toValidity(jwk), use: "enc", alg: "ECDH-ES+A256KW", jwk },
    privateJwk: { ...jwk, d },
  };
}

export function toSigningKey({ registered, privateJwk }: SigningPair): LocalKey {
  return { kid: registered.kid, alg: registered.alg, jwk: privateJwk };
}

/** The public key of a NATS account (nkeys): prefix byte 0, 32 bytes, CRC-16/XMODEM, in base32. */
export function createAccountId(name: string): AccountId {
  return toAccountId(toSeed(`account ${name}`));
}

/** The same with a key behind it that can prove it. */
export function createAccount(name: string): { readonly id: AccountId; readonly pair: SigningPair } {
  const pair = createEd25519(`account ${name}`);
  return { id: toAccountId(Buffer.from(pair.registered.jwk.x, "base64url")), pair };
}

function toAccountId(publicKey: Uint8Array): AccountId {
  const head = Buffer.concat([Buffer.from([0]), publicKey]);
  const tail = Buffer.alloc(2);
  tail.writeUInt16LE(toCrc16(head));
  return AccountId.parse(toBase32(Buffer.concat([head, tail])));
}

function toValidity(jwk: PublicJwk) {
  return { kid: toThumbprint(jwk), nbf: VALID_FROM, exp: VALID_UNTIL };
}

function createP256(name: string) {
  const seed = toSeed(name);
  const ecdh = createECDH("prime256v1");
  ecdh.setPrivateKey(seed);
  const point = ecdh.getPublicKey();
  const toText = (from: number, to: number) => point.subarray(from, to).toString("base64url");
  const d = seed.toString("base64url");
  return { kty: "EC", crv: "P-256", x: toText(1, 33), y: toText(33, 65), d } as const;
}

function createOkp(crv: keyof typeof PKCS8_PREFIX, name: string): { x: string; d: string } {
  const der = Buffer.concat([Buffer.from(PKCS8_PREFIX[crv], "hex"), toSeed(name)]);
  const { x = "", d = "" } = createPrivateKey({ key: der, format: "der", type: "pkcs8" }).export({
    format: "jwk",
  });
  return { x, d };
}

function toSeed(name: string): Buffer {
  return createHash("sha256").update(`leix test key: ${name}`).digest();
}

function toCrc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xffff;
  }
  return crc;
}

function toBase32(bytes: Uint8Array): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, "0")).join("");
  return (bits.match(/.{5}/g) ?? []).map((five) => alphabet[Number.parseInt(five, 2)]).join("");
}
