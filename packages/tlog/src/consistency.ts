import { LeixError } from "@leix/protocol";
import { hashNode, isSameHash, toEmptyRoot, verifyHash } from "./merkle-hash.ts";
import { isOdd, isPowerOfTwo, toHalf, toSplit, verifySize } from "./sizes.ts";
import { type HashReader, hashSubtree, listRangeNodes, type Subtree, type TreeNode } from "./tree-node.ts";

/** That the tree of `second` leaves begins with all leaves of the tree of `first`. */
export interface ConsistencyProof {
  readonly first: number;
  readonly second: number;
  readonly hashes: readonly Uint8Array[];
}

/**
 * RFC 6962 section 2.1.2: the subtrees whose hashes are PROOF(first, D[second]), in the proof's order. There
 * are none where both trees are the same or the first is empty (tlog-witness, "add-checkpoint").
 */
export function listConsistencySubtrees(first: number, second: number): readonly Subtree[] {
  verifySizes(first, second);
  if (first === 0) return [];
  const path: Subtree[] = [];
  let [begin, end] = [0, second];
  while (end !== first) {
    const split = begin + toSplit(end - begin);
    if (first <= split) {
      path.push({ begin: split, end });
      end = split;
    } else {
      path.push({ begin, end: split });
      begin = split;
    }
  }
  // SUBPROOF(m, D[m], true) is empty: the verifier has the first root. Any other subtree it must be given.
  if (begin !== 0) path.push({ begin, end });
  return path.reverse();
}

/** What a reader must have for the proof to be made. */
export function listConsistencyNodes(first: number, second: number): readonly TreeNode[] {
  return listConsistencySubtrees(first, second).flatMap(listRangeNodes);
}

/** RFC 6962 section 2.1.2, RFC 9162 section 2.1.4.1. Throws `tlog/size`, `tlog/hash-missing`. */
export function proveConsistency(first: number, second: number, read: HashReader): ConsistencyProof {
  const hashes = listConsistencySubtrees(first, second).map((subtree) => hashSubtree(subtree, read));
  return { first, second, hashes };
}

/**
 * RFC 9162 section 2.1.4.2. Throws `tlog/consistency`, and `tlog/size` and `tlog/hash` for what cannot be a
 * proof. The empty tree is a beginning of every tree, and has one root only.
 */
export function verifyConsistency(
  proof: ConsistencyProof,
  firstRoot: Uint8Array,
  secondRoot: Uint8Array,
): void {
  const { first, second, hashes } = proof;
  verifySizes(first, second);
  for (const hash of [...hashes, firstRoot, secondRoot]) verifyHash(hash);
  const roots =
    first === 0 || first === second
      ? toTrivialRoots(proof, firstRoot, secondRoot)
      : toConsistencyRoots(proof, firstRoot);
  if (!isSameHash(roots.first, firstRoot) || !isSameHash(roots.second, secondRoot)) {
    throw new LeixError("tlog/consistency", `from ${first} to ${second}`);
  }
}

export interface ConsistencyRoots {
  readonly first: Uint8Array;
  readonly second: Uint8Array;
}

/** Step 1, and the two cases in which there is nothing to prove. */
function toTrivialRoots(
  { first, second, hashes }: ConsistencyProof,
  firstRoot: Uint8Array,
  secondRoot: Uint8Array,
): ConsistencyRoots {
  if (hashes.length > 0) throw new LeixError("tlog/consistency", `${hashes.length} hashes where none belong`);
  if (first === 0) return { first: toEmptyRoot(), second: second === 0 ? toEmptyRoot() : secondRoot };
  return { first: firstRoot, second: firstRoot };
}

/**
 * RFC 9162 section 2.1.4.2, steps 2 to 7, for 0 < first < second: the two roots that a proof makes. They need
 * not be the ones it was given for. `firstRoot` is a part of the proof where `first` is a power of two.
 */
export function toConsistencyRoots(
  { first, second, hashes }: ConsistencyProof,
  firstRoot: Uint8Array,
): ConsistencyRoots {
  const [start, ...path] = isPowerOfTwo(first) ? [firstRoot, ...hashes] : hashes;
  if (!start) throw new LeixError("tlog/consistency", "no hashes");
  let [fn, sn] = [first - 1, second - 1];
  while (isOdd(fn)) [fn, sn] = [toHalf(fn), toHalf(sn)];
  let [fr, sr] = [start, start];
  for (const c of path) {
    if (sn === 0) throw new LeixError("tlog/consistency", `${hashes.length} hashes are too many`);
    if (isOdd(fn) || fn === sn) {
      [fr, sr] = [hashNode(c, fr), hashNode(c, sr)];
      while (!isOdd(fn) && fn !== 0) [fn, sn] = [toHalf(fn), toHalf(sn)];
    } else {
      sr = hashNode(sr, c);
    }
    [fn, sn] = [toHalf(fn), toHalf(sn)];
  }
  if (sn !== 0) throw new LeixError("tlog/consistency", `${hashes.length} hashes are too few`);
  return { first: fr, second: sr };
}

function verifySizes(first: number, second: number): void {
  verifySize(first, "first tree size");
  verifySize(second, "second tree size");
  if (first > second) throw new LeixError("tlog/size", `a tree of ${second} does not extend one of ${first}`);
}
