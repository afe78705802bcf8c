import { LeixError } from "@leix/protocol";
import { sha256 } from "@noble/hashes/sha2.js";
import { HASH_BYTES } from "./limits.ts";

const LEAF_PREFIX = 0x00;
const NODE_PREFIX = 0x01;

/** RFC 6962 section 2.1: the hash of an empty list, SHA-256(). */
export function toEmptyRoot(): Uint8Array {
  return sha256(new Uint8Array());
}

/** RFC 6962 section 2.1: the hash of a list with one entry, SHA-256(0x00 || d(0)). */
export function hashLeaf(entry: Uint8Array): Uint8Array {
  const input = new Uint8Array(1 + entry.byteLength);
  input[0] = LEAF_PREFIX;
  input.set(entry, 1);
  return sha256(input);
}

/**
 * RFC 6962 section 2.1: the hash of two subtrees, SHA-256(0x01 || left || right). Both must be hashes: bytes
 * from outside are first shown to `verifyHash`, or the border between the two could be moved.
 */
export function hashNode(left: Uint8Array, right: Uint8Array): Uint8Array {
  const input = new Uint8Array(1 + HASH_BYTES * 2);
  input[0] = NODE_PREFIX;
  input.set(left, 1);
  input.set(right, 1 + HASH_BYTES);
  return sha256(input);
}

/** Throws `tlog/hash` for bytes that are not as many as a hash has. */
export function verifyHash(hash: Uint8Array): void {
  if (hash.byteLength !== HASH_BYTES) throw new LeixError("tlog/hash", `${hash.byteLength} bytes`);
}

/** Hashes are public: nothing is lost by the time a comparison takes. */
export function isSameHash(a: Uint8Array, b: Uint8Array): boolean {
  return a.byteLength === b.byteLength && a.every((byte, at) => byte === b[at]);
}
