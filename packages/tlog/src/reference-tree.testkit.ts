import { createHash } from "node:crypto";
import type { TreeNode } from "./tree-node.ts";

/**
 * The definitions of RFC 6962 section 2.1 as they are written there, recursions and all, over another
 * SHA-256: what everything else is compared with. D[begin:end] is given by its bounds.
 */
export interface ReferenceTree {
  readonly leafHashes: readonly Uint8Array[];
  /** MTH(D[begin:end]). */
  readonly toHash: (begin: number, end: number) => Uint8Array;
  /** PATH(index, D[0:size]). */
  readonly toPath: (index: number, size: number) => readonly Uint8Array[];
  /** PROOF(first, D[0:second]). */
  readonly toProof: (first: number, second: number) => readonly Uint8Array[];
  /** As a reader of a log that has so many leaves; undefined for nodes that are not complete by then. */
  readonly read: (node: TreeNode) => Uint8Array | undefined;
}

export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return Uint8Array.from(hash.digest());
}

/** A tree whose leaf n is the text of n. */
export function createReferenceTree(size: number): ReferenceTree {
  return toReferenceTree(Array.from({ length: size }, (_, n) => toEntry(n)));
}

export function toEntry(n: number): Uint8Array {
  return Uint8Array.from(Buffer.from(`entry ${n}`));
}

export function toReferenceTree(entries: readonly Uint8Array[]): ReferenceTree {
  const leafHashes = entries.map((entry) => sha256(Uint8Array.of(0), entry));
  const known = new Map<string, Uint8Array>();

  const toHash = (begin: number, end: number): Uint8Array => {
    if (begin === end) return sha256();
    if (end - begin === 1) return leafHashes[begin] ?? raise();
    const name = `${begin}:${end}`;
    const hash = known.get(name) ?? joinHalves(begin, end);
    known.set(name, hash);
    return hash;
  };
  const joinHalves = (begin: number, end: number): Uint8Array => {
    const k = toK(end - begin);
    return sha256(Uint8Array.of(1), toHash(begin, begin + k), toHash(begin + k, end));
  };
  const path = (m: number, begin: number, end: number): readonly Uint8Array[] => {
    if (end - begin === 1) return [];
    const k = toK(end - begin);
    return m < k
      ? [...path(m, begin, begin + k), toHash(begin + k, end)]
      : [...path(m - k, begin + k, end), toHash(begin, begin + k)];
  };
  const subproof = (m: number, begin: number, end: number, isWhole: boolean): readonly Uint8Array[] => {
    if (m === end - begin) return isWhole ? [] : [toHash(begin, end)];
    const k = toK(end - begin);
    return m <= k
      ? [...subproof(m, begin, begin + k, isWhole), toHash(begin + k, end)]
      : [...subproof(m - k, begin + k, end, false), toHash(begin, begin + k)];
  };
  return {
    leafHashes,
    toHash,
    toPath: (index, size) => path(index, 0, size),
    toProof: (first, second) => (first === 0 ? [] : subproof(first, 0, second, true)),
    read: ({ level, index }) => {
      const [begin, end] = [index * 2 ** level, (index + 1) * 2 ** level];
      return end <= leafHashes.length ? toHash(begin, end) : undefined;
    },
  };
}

/** "The largest power of two smaller than n (i.e., k < n <= 2k)." */
function toK(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

function raise(): never {
  throw new Error("no such leaf");
}
