import "reflect-metadata/lite";
import { createPrivateKey, createPublicKey, webcrypto } from "node:crypto";
import { PemConverter, type X509Certificate } from "@peculiar/x509";
import { checkName } from "./accounts/names.ts";

/** The only kind of key that a certificate of ours is for, and that signs one. */
export const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const ORGANISATION = "LEIX";

export async function createKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
}

export async function encodeKey(key: CryptoKey): Promise<string> {
  return `${PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY")}\n`;
}

export function importKey(pem: string): CryptoKey {
  return createPrivateKey(pem).toCryptoKey(ALGORITHM, false, ["sign"]);
}

export function importKeyPair(pem: string): webcrypto.CryptoKeyPair {
  const publicKey = createPublicKey(pem).toCryptoKey(ALGORITHM, true, ["verify"]);
  return { privateKey: importKey(pem), publicKey };
}

export function toPem(certificate: X509Certificate): string {
  return `${certificate.toString("pem")}\n`;
}

/** 127 random bits: positive, and never chosen by anyone (CA/Browser Forum baseline 7.1). */
export function createSerialNumber(): string {
  const bytes = webcrypto.getRandomValues(new Uint8Array(16));
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return Buffer.from(bytes).toString("hex");
}

/** Two relative names: one object with both would be a single name with two values. */
export function toSubject(name: string): [{ O: string[] }, { CN: string[] }] {
  return [{ O: [ORGANISATION] }, { CN: [checkName(name)] }];
}
