import { LeixError } from "@leix/protocol";
import { ENTRY_BYTES_MAX, TILE_WIDTH } from "./limits.ts";
import { hashLeaf, isSameHash } from "./merkle-hash.ts";

const LENGTH_BYTES = 2;

/**
 * tlog-tiles, "Log entries": each entry after its length in 16 bits, big-endian. Throws
 * `tlog/entry-too-large`, and `tlog/bundle` for none or more than TILE_WIDTH.
 */
export function encodeBundle(entries: readonly Uint8Array[]): Uint8Array {
  if (entries.length < 1 || entries.length > TILE_WIDTH) {
    throw new LeixError("tlog/bundle", `${entries.length} entries`);
  }
  const bytes = new Uint8Array(entries.reduce((sum, entry) => sum + LENGTH_BYTES + entry.byteLength, 0));
  let at = 0;
  for (const entry of entries) {
    const length = entry.byteLength;
    if (length > ENTRY_BYTES_MAX) throw new LeixError("tlog/entry-too-large", `${length} bytes`);
    bytes.set([length >> 8, length & 0xff], at);
    bytes.set(entry, at + LENGTH_BYTES);
    at += LENGTH_BYTES + length;
  }
  return bytes;
}

/**
 * The entries of a bundle, as views of its bytes. Throws `tlog/bundle` where they are not exactly `width`.
 */
export function decodeBundle(bytes: Uint8Array, width: number): readonly Uint8Array[] {
  const entries: Uint8Array[] = [];
  for (let at = 0; at < bytes.byteLength; ) {
    const [high, low] = bytes.subarray(at, at + LENGTH_BYTES);
    if (high === undefined || low === undefined || entries.length === width) {
      throw new LeixError("tlog/bundle", `bytes after entry ${entries.length}`);
    }
    const begin = at + LENGTH_BYTES;
    at = begin + high * 2 ** 8 + low;
    if (at > bytes.byteLength) throw new LeixError("tlog/bundle", `entry ${entries.length} is cut off`);
    entries.push(bytes.subarray(begin, at));
  }
  if (entries.length !== width) throw new LeixError("tlog/bundle", `${entries.length} entries of ${width}`);
  return entries;
}

/**
 * tlog-tiles, "Log entries": each entry hashes to its hash in the level 0 tile of the same place. Throws
 * `tlog/bundle-differs`, naming the first that does not by its number in the bundle.
 */
export function verifyBundle(entries: readonly Uint8Array[], tileHashes: readonly Uint8Array[]): void {
  if (entries.length !== tileHashes.length) {
    throw new LeixError("tlog/bundle-differs", `${entries.length} entries, ${tileHashes.length} hashes`);
  }
  for (const [at, entry] of entries.entries()) {
    const expected = tileHashes[at];
    if (!expected || !isSameHash(hashLeaf(entry), expected)) {
      throw new LeixError("tlog/bundle-differs", `entry ${at}`);
    }
  }
}
