import { invariant, LeixError } from "@leix/protocol";
import { hashNode, verifyHash } from "./merkle-hash.ts";
import { verifySize } from "./sizes.ts";
import { foldHashes, type HashReader, listRangeNodes, readHash, type TreeNode } from "./tree-node.ts";

/**
 * The hashes of the fewest complete subtrees over the leaves from `begin` to before `end`
 * (`listRangeNodes`), from left to right. One that begins at 0 is all that growing a tree needs; others can
 * be made apart, in several threads, and joined.
 */
export interface CompactRange {
  readonly begin: number;
  readonly end: number;
  readonly hashes: readonly Uint8Array[];
}

/** Called for each complete subtree of two or more leaves as it comes to be, children before parents. */
export type NodeVisitor = (node: TreeNode, hash: Uint8Array) => void;

/** A range of no leaves. */
export function createRange(begin = 0): CompactRange {
  verifySize(begin, "begin of a range");
  return { begin, end: begin, hashes: [] };
}

/** A range that was kept: throws `tlog/size`, `tlog/hash` where the parts do not fit each other. */
export function parseRange({ begin, end, hashes }: CompactRange): CompactRange {
  verifySize(begin, "begin of a range");
  verifySize(end, "end of a range");
  if (begin > end || listRangeNodes({ begin, end }).length !== hashes.length) {
    throw new LeixError("tlog/size", `a range from ${begin} to ${end} of ${hashes.length} hashes`);
  }
  for (const hash of hashes) verifyHash(hash);
  return { begin, end, hashes };
}

/** The range of a whole tree, from wherever its hashes are kept. */
export function readRange(size: number, read: HashReader): CompactRange {
  verifySize(size, "tree size");
  const hashes = listRangeNodes({ begin: 0, end: size }).map((node) => readHash(node, read));
  return { begin: 0, end: size, hashes };
}

/** RFC 9162 section 2.1.2, step 2, for as many leaves as there are hashes. */
export function appendLeafHashes(
  range: CompactRange,
  leafHashes: Iterable<Uint8Array>,
  visit?: NodeVisitor,
): CompactRange {
  const hashes = [...range.hashes];
  let end = range.end;
  for (const hash of leafHashes) {
    verifyHash(hash);
    appendNode(hashes, range.begin, { level: 0, index: end }, hash, visit);
    end++;
  }
  verifySize(end, "end of a range");
  return { begin: range.begin, end, hashes };
}

/** Two ranges of which one begins where the other ends. Throws `tlog/size` where it does not. */
export function appendRange(left: CompactRange, right: CompactRange, visit?: NodeVisitor): CompactRange {
  if (left.end !== right.begin) {
    throw new LeixError("tlog/size", `a range from ${right.begin} after one to ${left.end}`);
  }
  const hashes = [...left.hashes];
  for (const [at, node] of listRangeNodes(right).entries()) {
    const hash = right.hashes[at];
    invariant(hash, "a range has a hash for each of its nodes");
    appendNode(hashes, left.begin, node, hash, visit);
  }
  return { begin: left.begin, end: right.end, hashes };
}

/** RFC 9162 section 2.1.2, step 3: the root of a tree, from its compact range. */
export function toRoot({ begin, hashes }: CompactRange): Uint8Array {
  invariant(begin === 0, "only a range from the first leaf has a root");
  return foldHashes(hashes);
}

/** RFC 9162 section 2.1.2, "Verifying a Tree Head Given Entries": the root over all leaf hashes. */
export function hashTree(leafHashes: Iterable<Uint8Array>): Uint8Array {
  return toRoot(appendLeafHashes(createRange(), leafHashes));
}

/**
 * Puts a node at the end of a range, and joins it with the last of it for as long as that is its left
 * sibling: always, where the sibling begins inside the range.
 */
function appendNode(
  hashes: Uint8Array[],
  begin: number,
  node: TreeNode,
  hash: Uint8Array,
  visit: NodeVisitor | undefined,
): void {
  let { level, index } = node;
  let joined = hash;
  while (index % 2 === 1 && (index - 1) * 2 ** level >= begin) {
    const sibling = hashes.pop();
    invariant(sibling, "a range holds every left sibling that begins in it");
    joined = hashNode(sibling, joined);
    level++;
    index = (index - 1) / 2;
    visit?.({ level, index }, joined);
  }
  hashes.push(joined);
}
