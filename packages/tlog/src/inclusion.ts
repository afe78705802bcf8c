import { LeixError } from "@leix/protocol";
import { hashNode, isSameHash, verifyHash } from "./merkle-hash.ts";
import { isOdd, toHalf, toSplit, verifyIndex } from "./sizes.ts";
import { type HashReader, hashSubtree, listRangeNodes, type Subtree, type TreeNode } from "./tree-node.ts";

/** That leaf `index` is in the tree of `size`: the hashes from its sibling up to the root's child. */
export interface InclusionProof {
  readonly index: number;
  readonly size: number;
  readonly hashes: readonly Uint8Array[];
}

/** RFC 6962 section 2.1.1: the subtrees whose hashes are PATH(index, D[size]), in the proof's order. */
export function listInclusionSubtrees(index: number, size: number): readonly Subtree[] {
  verifyIndex(index, size);
  const path: Subtree[] = [];
  let [begin, end] = [0, size];
  while (end - begin > 1) {
    const split = begin + toSplit(end - begin);
    if (index < split) {
      path.push({ begin: split, end });
      end = split;
    } else {
      path.push({ begin, end: split });
      begin = split;
    }
  }
  return path.reverse();
}

/** What a reader must have for the proof to be made. */
export function listInclusionNodes(index: number, size: number): readonly TreeNode[] {
  return listInclusionSubtrees(index, size).flatMap(listRangeNodes);
}

/**
 * RFC 6962 section 2.1.1, RFC 9162 section 2.1.3.1. Throws `tlog/size` for a leaf that the tree does not
 * have, `tlog/hash-missing`.
 */
export function proveInclusion(index: number, size: number, read: HashReader): InclusionProof {
  const hashes = listInclusionSubtrees(index, size).map((subtree) => hashSubtree(subtree, read));
  return { index, size, hashes };
}

/**
 * RFC 9162 section 2.1.3.2, steps 1 to 4: the root of which the proof would be a proof. Throws `tlog/size`,
 * `tlog/hash`, and `tlog/inclusion` where the proof has more or fewer hashes than its index and size have.
 */
export function toInclusionRoot({ index, size, hashes }: InclusionProof, leafHash: Uint8Array): Uint8Array {
  verifyIndex(index, size);
  verifyHash(leafHash);
  let [fn, sn, r] = [index, size - 1, leafHash];
  for (const p of hashes) {
    verifyHash(p);
    if (sn === 0) throw new LeixError("tlog/inclusion", `${hashes.length} hashes are too many`);
    if (isOdd(fn) || fn === sn) {
      r = hashNode(p, r);
      while (!isOdd(fn) && fn !== 0) [fn, sn] = [toHalf(fn), toHalf(sn)];
    } else {
      r = hashNode(r, p);
    }
    [fn, sn] = [toHalf(fn), toHalf(sn)];
  }
  if (sn !== 0) throw new LeixError("tlog/inclusion", `${hashes.length} hashes are too few`);
  return r;
}

/** RFC 9162 section 2.1.3.2. Throws `tlog/inclusion`, and what `toInclusionRoot` throws. */
export function verifyInclusion(proof: InclusionProof, leafHash: Uint8Array, root: Uint8Array): void {
  if (!isSameHash(toInclusionRoot(proof, leafHash), root)) {
    throw new LeixError("tlog/inclusion", `leaf ${proof.index} of ${proof.size}`);
  }
}
