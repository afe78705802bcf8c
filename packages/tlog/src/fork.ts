import { decodeUtf8, encodeUtf8, LeixError } from "@leix/protocol";
import { decodeHash, encodeBase64 } from "./base64.ts";
import { type Checkpoint, parseCheckpoint } from "./checkpoint.ts";
import {
  type ConsistencyProof,
  listConsistencyNodes,
  proveConsistency,
  toConsistencyRoots,
  verifyConsistency,
} from "./consistency.ts";
import { CONSISTENCY_HASHES_MAX, FORK_BYTES_MAX } from "./limits.ts";
import { isSameHash, verifyHash } from "./merkle-hash.ts";
import { decodeNoteText, encodeNote, type Note, parseNote } from "./note.ts";
import type { NoteVerifier, VerifierKey } from "./note-key.ts";
import { verifyNote } from "./signed-note.ts";
import { isPowerOfTwo } from "./sizes.ts";
import { type HashReader, hashSubtree, listRangeNodes, type TreeNode } from "./tree-node.ts";

/**
 * Two checkpoints of one log of which the second does not extend the first, and why: `hashes` prove (RFC 9162
 * section 2.1.4) that the second tree begins with the tree whose root is `root`, which is not the root that
 * the first checkpoint signs for that size. A tree has one beginning of each size, so no proof can show that
 * the second extends the first, unless SHA-256 collides. Of two trees of one size, `root` is the second's
 * and there are no hashes.
 */
export interface ForkProof {
  /** Of the smaller tree, where the sizes differ. */
  readonly first: Note;
  readonly second: Note;
  readonly root: Uint8Array;
  readonly hashes: readonly Uint8Array[];
}

/** What a fork proof proves: whoever holds the log's key has signed both. */
export interface ProvenFork {
  readonly origin: string;
  readonly first: Checkpoint;
  readonly second: Checkpoint;
  /** Of the second tree's beginning of the first one's size. */
  readonly root: Uint8Array;
  /** With which the first was signed, and the second. */
  readonly keys: readonly [VerifierKey<"ed25519">, VerifierKey<"ed25519">];
}

/** The log's keys that count for a tree of so many entries: one may have been withdrawn by one of them. */
export type VerifiersOf = (
  size: number,
) => readonly NoteVerifier<"ed25519">[] | Promise<readonly NoteVerifier<"ed25519">[]>;

const HEADER = "fork-proof/v1";

/** What the reader of `proveFork` must have, of a larger tree. */
export function listForkNodes(first: number, second: number): readonly TreeNode[] {
  return [...listRangeNodes({ begin: 0, end: first }), ...listConsistencyNodes(first, second)];
}

/**
 * Compares two checkpoints, in any order: null where the larger extends the smaller. `read` is of the larger
 * one's tree, and not asked where the sizes are the same. No signature is verified here. Throws
 * `tlog/checkpoint`, and `tlog/hash-missing` where the reader has too little.
 */
export function proveFork(one: Note, other: Note, read: HashReader): ForkProof | null {
  const [first, second] = toOrder(one, other);
  const [smaller, larger] = [parseCheckpoint(first.text), parseCheckpoint(second.text)];
  const isOneSize = smaller.size === larger.size;
  const root = isOneSize ? larger.root : hashSubtree({ begin: 0, end: smaller.size }, read);
  if (isSameHash(root, smaller.root)) return null;
  const { hashes } = proveConsistency(smaller.size, larger.size, read);
  return { first, second, root, hashes };
}

/**
 * The same from the hashes of a consistency proof that does not verify: those of an honest proof over the
 * other history say how that begins. Null where they are not, where the second extends the first, and where
 * the first size is a power of two, for then the proof does not have the root.
 */
export function toForkProof(first: Note, second: Note, hashes: readonly Uint8Array[]): ForkProof | null {
  const [smaller, larger] = [parseCheckpoint(first.text), parseCheckpoint(second.text)];
  const proof = { first: smaller.size, second: larger.size, hashes };
  if (proof.first === 0 || proof.first >= proof.second || isPowerOfTwo(proof.first)) return null;
  try {
    for (const hash of hashes) verifyHash(hash);
    const roots = toConsistencyRoots(proof, smaller.root);
    const isFork = isSameHash(roots.second, larger.root) && !isSameHash(roots.first, smaller.root);
    return isFork ? { first, second, root: roots.first, hashes } : null;
  } catch (error) {
    if (error instanceof LeixError) return null;
    throw error;
  }
}

/**
 * Verifies with nothing but the log's keys (a log may have had several). Throws `tlog/note-unsigned`,
 * `tlog/signature-invalid`, `tlog/checkpoint`, `tlog/origin` where the two are not of the one log whose keys
 * these are, and `tlog/fork` where they do not contradict each other or the hashes do not show it.
 */
export async function verifyFork(
  { first, second, root, hashes }: ForkProof,
  verifiersOf: VerifiersOf,
): Promise<ProvenFork> {
  const { checkpoint: smaller, key: firstKey } = await verifyCheckpoint(first, verifiersOf);
  const { checkpoint: larger, key: secondKey } = await verifyCheckpoint(second, verifiersOf);
  const { origin } = smaller;
  if (origin !== larger.origin) throw new LeixError("tlog/origin", `${origin} and ${larger.origin}`);
  if (smaller.size > larger.size) throw new LeixError("tlog/fork", "the first is larger than the second");
  if (isSameHash(root, smaller.root)) throw new LeixError("tlog/fork", "the second may extend the first");
  if (smaller.size === larger.size) {
    const isSecondRoot = hashes.length === 0 && isSameHash(root, larger.root);
    if (!isSecondRoot) throw new LeixError("tlog/fork", "more than two roots of one size");
  } else {
    verifyBeginning({ first: smaller.size, second: larger.size, hashes }, root, larger.root);
  }
  return { origin, first: smaller, second: larger, root, keys: [firstKey, secondKey] };
}

/**
 * One file: a header line, root and hashes a line each (base64), then both notes, with an empty line before
 * each. Throws `tlog/note`.
 */
export function encodeForkProof({ first, second, root, hashes }: ForkProof): Uint8Array<ArrayBuffer> {
  for (const hash of [root, ...hashes]) verifyHash(hash);
  const head = [HEADER, ...[root, ...hashes].map(encodeBase64)].map((line) => `${line}\n`).join("");
  const [firstNote, secondNote] = [first, second].map((note) => decodeUtf8(encodeNote(note)));
  return encodeUtf8(`${head}\n${firstNote}\n${secondNote}`);
}

/** The reverse; nothing is verified but the form. Throws `tlog/fork`, and `tlog/note` for what follows. */
export function parseForkProof(bytes: Uint8Array): ForkProof {
  const text = decodeNoteText(bytes, FORK_BYTES_MAX);
  // The text of a checkpoint has no empty line, so there are four of them, each with its place.
  const [head = "", ...rest] = text.split("\n\n", 6);
  const [header, rootLine = "", ...hashLines] = head.split("\n", CONSISTENCY_HASHES_MAX + 3);
  const [firstText, firstLines, secondText, secondLines] = rest;
  if (header !== HEADER || rest.length !== 4 || hashLines.length > CONSISTENCY_HASHES_MAX) {
    throw new LeixError("tlog/fork", "not a header, hashes and two signed checkpoints");
  }
  const [root, ...hashes] = [rootLine, ...hashLines].map((line, at) => {
    const hash = decodeHash(line);
    if (!hash) throw new LeixError("tlog/fork", `hash line ${at + 1}`);
    return hash;
  });
  if (!root) throw new LeixError("tlog/fork", "no root");
  return {
    first: parseNote(encodeUtf8(`${firstText}\n\n${firstLines}\n`)),
    second: parseNote(encodeUtf8(`${secondText}\n\n${secondLines}`)),
    root,
    hashes,
  };
}

function verifyBeginning(proof: ConsistencyProof, root: Uint8Array, larger: Uint8Array): void {
  try {
    verifyConsistency(proof, root, larger);
  } catch (cause) {
    throw new LeixError("tlog/fork", "the second tree is not shown to begin otherwise", { cause });
  }
}

function toOrder(one: Note, other: Note): readonly [Note, Note] {
  return parseCheckpoint(one.text).size > parseCheckpoint(other.text).size ? [other, one] : [one, other];
}

async function verifyCheckpoint(
  note: Note,
  verifiersOf: VerifiersOf,
): Promise<{ readonly checkpoint: Checkpoint; readonly key: VerifierKey<"ed25519"> }> {
  const checkpoint = parseCheckpoint(note.text);
  const verifiers = await verifiersOf(checkpoint.size);
  const { verified } = await verifyNote(note, verifiers);
  const own = verifiers.find(({ key }) => {
    return key.name === checkpoint.origin && verified.some((one) => one.key === key);
  });
  if (!own) throw new LeixError("tlog/origin", `${checkpoint.origin} is not the signer's name`);
  return { checkpoint, key: own.key };
}
