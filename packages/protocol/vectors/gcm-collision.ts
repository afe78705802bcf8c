import { createCipheriv } from "node:crypto";

/**
 * AES-GCM does not commit to its key: one ciphertext and tag can be made to open under two keys, to two
 * texts. That is why the claims carry a commitment to the text itself. The tag is GHASH(H, aad, ciphertext) +
 * E(K, J0), and GHASH is linear in each block: so one block of the ciphertext can be chosen for which both
 * tags agree.
 */

const ONE = 1n << 127n;
/** x^128 + x^7 + x^2 + x + 1 in the bit order of SP 800-38D section 6.3. */
const REDUCTION = 0xe1n << 120n;

export interface Collision {
  readonly ciphertext: Uint8Array;
  readonly tag: Uint8Array;
}

/**
 * One ciphertext, a text under the first key but for its block `free`, and a tag that is right under both
 * keys. `text` has a whole number of blocks.
 */
export function createCollision(
  text: Uint8Array,
  free: number,
  keys: readonly [Uint8Array, Uint8Array],
  iv: Uint8Array,
  aad: Uint8Array,
): Collision {
  const cipher = createCipheriv("aes-256-gcm", keys[0], iv);
  const ciphertext = Buffer.concat([cipher.update(text), cipher.final()]);
  ciphertext.fill(0, free * 16, free * 16 + 16);
  const count = ciphertext.length / 16;
  const parts = keys.map((key) => {
    const h = encryptBlock(key, Buffer.alloc(16));
    const mask = encryptBlock(key, Buffer.concat([iv, Buffer.from([0, 0, 0, 1])]));
    // The free block is multiplied by H once for itself, once for each block after it, once for the lengths.
    return { h, mask, weight: toPower(h, BigInt(count - free + 1)), sum: toGhash(h, aad, ciphertext) ^ mask };
  });
  const [first, second] = parts;
  if (!first || !second) throw new Error("two keys");
  const block = multiply(first.sum ^ second.sum, toInverse(first.weight ^ second.weight));
  ciphertext.set(toBytes(block), free * 16);
  return { ciphertext, tag: toBytes(toGhash(first.h, aad, ciphertext) ^ first.mask) };
}

/** SP 800-38D sections 6.4 and 7.1. */
function toGhash(h: bigint, aad: Uint8Array, ciphertext: Uint8Array): bigint {
  const lengths = Buffer.alloc(16);
  lengths.writeBigUInt64BE(BigInt(aad.length * 8), 0);
  lengths.writeBigUInt64BE(BigInt(ciphertext.length * 8), 8);
  let state = 0n;
  for (const part of [aad, ciphertext, lengths]) {
    for (let i = 0; i < part.length; i += 16) {
      const block = Buffer.alloc(16);
      block.set(part.subarray(i, i + 16));
      state = multiply(state ^ toInteger(block), h);
    }
  }
  return state;
}

function encryptBlock(key: Uint8Array, block: Uint8Array): bigint {
  const cipher = createCipheriv("aes-256-ecb", key, null).setAutoPadding(false);
  return toInteger(Buffer.concat([cipher.update(block), cipher.final()]));
}

/** SP 800-38D section 6.3: bit 0 is the leftmost. */
function multiply(one: bigint, other: bigint): bigint {
  let [product, factor] = [0n, other];
  for (let bit = 127n; bit >= 0n; bit--) {
    if ((one >> bit) & 1n) product ^= factor;
    factor = factor & 1n ? (factor >> 1n) ^ REDUCTION : factor >> 1n;
  }
  return product;
}

function toPower(base: bigint, exponent: bigint): bigint {
  let [result, square] = [ONE, base];
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = multiply(result, square);
    square = multiply(square, square);
  }
  return result;
}

function toInverse(value: bigint): bigint {
  return toPower(value, 2n ** 128n - 2n);
}

function toInteger(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
}

function toBytes(value: bigint): Uint8Array {
  return Buffer.from(value.toString(16).padStart(32, "0"), "hex");
}
