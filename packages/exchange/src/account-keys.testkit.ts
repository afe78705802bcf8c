import { createHash, createPrivateKey } from "node:crypto";
import { AccountId, type LocalKey, type PrivateJwk, toThumbprint } from "@leix/protocol";

/** PKCS #8 (RFC 8410) around a 32-byte Ed25519 seed, up to the seed. */
const PKCS8_PREFIX = "302e020100300506032b657004220420";
const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** The identity of a NATS account (nkeys) as a function of a name, and its key. It protects nothing. */
export function createAccountKey(name: string): { readonly account: AccountId; readonly key: LocalKey } {
  const seed = createHash("sha256").update(`test account ${name}`).digest();
  const der = Buffer.concat([Buffer.from(PKCS8_PREFIX, "hex"), seed]);
  const jwk = createPrivateKey({ key: der, format: "der", type: "pkcs8" }).export({
    format: "jwk",
  }) as PrivateJwk;
  const head = Buffer.concat([Buffer.from([0]), Buffer.from(jwk.x, "base64url")]);
  const tail = Buffer.alloc(2);
  tail.writeUInt16LE(toCrc16(head));
  const account = AccountId.parse(toBase32(Buffer.concat([head, tail])));
  return { account, key: { kid: toThumbprint(jwk), alg: "Ed25519", jwk } };
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
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, "0")).join("");
  return (bits.match(/.{5}/g) ?? []).map((five) => BASE32[Number.parseInt(five, 2)]).join("");
}
