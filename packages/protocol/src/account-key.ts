import { encodeBase64url } from "./bytes.ts";
import { LeixError } from "./errors.ts";
import { type AccountId, NumericDate } from "./ids.ts";
import { RegisteredKey, toThumbprint } from "./keys.ts";

/** RFC 4648 section 6, without padding. */
const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/** nkeys: what the key is for, 32 bytes of an Ed25519 public key, CRC-16/XMODEM, lowest byte first. */
const PREFIX_ACCOUNT = 0;
const KEY_BYTES = 32;
const CHECKSUM_BYTES = 2;

/**
 * The identity of a NATS account as the public key that it is, always valid: with it a proof of possession is
 * verified, and nothing else. Throws `key/invalid` where the text is no such identity.
 */
export function toAccountKey(account: AccountId): RegisteredKey {
  const bytes = decodeBase32(account);
  const end = 1 + KEY_BYTES;
  const [low = 0, high = 0] = bytes.subarray(end);
  const isWhole = bytes.byteLength === end + CHECKSUM_BYTES && bytes[0] === PREFIX_ACCOUNT;
  if (!isWhole || toCrc16(bytes.subarray(0, end)) !== low + high * 256) {
    throw new LeixError("key/invalid", "the account's id is no public key of a NATS account");
  }
  const jwk = { kty: "OKP", crv: "Ed25519", x: encodeBase64url(bytes.subarray(1, end)) } as const;
  const always = { nbf: 0, exp: NumericDate.maxValue ?? Number.MAX_SAFE_INTEGER };
  return RegisteredKey.parse({ ...always, kid: toThumbprint(jwk), use: "sig", alg: "Ed25519", jwk });
}

/** Five bits a character, to whole bytes: 56 characters are 35 of them. */
function decodeBase32(text: string): Uint8Array {
  const bytes: number[] = [];
  let [bits, count] = [0, 0];
  for (const character of text) {
    bits = (bits << 5) | BASE32.indexOf(character);
    count += 5;
    if (count < 8) continue;
    count -= 8;
    bytes.push((bits >> count) & 0xff);
    bits &= (1 << count) - 1;
  }
  return Uint8Array.from(bytes);
}

function toCrc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xffff;
  }
  return crc;
}
