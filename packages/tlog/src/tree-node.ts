import { invariant, LeixError } from "@leix/protocol";
import { hashNode, toEmptyRoot, verifyHash } from "./merkle-hash.ts";
import { countTrailingZeros, toBitLength } from "./sizes.ts";

/**
 * A complete subtree: the leaves from index * 2 ** level to before (index + 1) * 2 ** level. Level 0 is the
 * leaves. Its hash never changes once the tree has those leaves.
 */
export interface TreeNode {
  readonly level: number;
  readonly index: number;
}

/** The leaves from `begin` to before `end`: D[begin:end] of RFC 6962 section 2.1. */
export interface Subtree {
  readonly begin: number;
  readonly end: number;
}

/** Gives the hash of a node, or undefined where it has none. It is trusted: see `createTileReader`. */
export type HashReader = (node: TreeNode) => Uint8Array | undefined;

/** The fewest complete subtrees that make up a range of leaves, from left to right: never more than 104. */
export function listRangeNodes({ begin, end }: Subtree): readonly TreeNode[] {
  const nodes: TreeNode[] = [];
  for (let at = begin; at < end; ) {
    const fitting = toBitLength(end - at) - 1;
    const level = at === 0 ? fitting : Math.min(fitting, countTrailingZeros(at));
    nodes.push({ level, index: at / 2 ** level });
    at += 2 ** level;
  }
  return nodes;
}

/** Throws `tlog/hash-missing`, and `tlog/hash` for what is no hash. */
export function readHash(node: TreeNode, read: HashReader): Uint8Array {
  const hash = read(node);
  if (!hash) throw new LeixError("tlog/hash-missing", `level ${node.level} index ${node.index}`);
  verifyHash(hash);
  return hash;
}

/**
 * RFC 6962 section 2.1, MTH(D[begin:end]) of a subtree that a proof names: one whose nodes shrink from left
 * to right.
 */
export function hashSubtree(subtree: Subtree, read: HashReader): Uint8Array {
  return foldHashes(listRangeNodes(subtree).map((node) => readHash(node, read)));
}

/** RFC 6962 section 2.1: complete subtrees of shrinking size, joined from the right. */
export function foldHashes(hashes: readonly Uint8Array[]): Uint8Array {
  if (hashes.length === 0) return toEmptyRoot();
  return hashes.reduceRight((right, left) => hashNode(left, right));
}

/** The root of a complete subtree of the tree, from the hashes of all its descendants at one level. */
export function hashComplete(hashes: readonly Uint8Array[]): Uint8Array {
  let row = hashes;
  while (row.length > 1) {
    const above: Uint8Array[] = [];
    for (let at = 0; at + 1 < row.length; at += 2) {
      const [left, right] = [row[at], row[at + 1]];
      if (left && right) above.push(hashNode(left, right));
    }
    row = above;
  }
  const [root] = row;
  invariant(root, "a complete subtree has at least one hash");
  return root;
}
