import { encodeUtf8, LeixError } from "@leix/protocol";
import { decodeHash, encodeBase64 } from "./base64.ts";
import { ADD_CHECKPOINT_BYTES_MAX, CONSISTENCY_HASHES_MAX } from "./limits.ts";
import { verifyHash } from "./merkle-hash.ts";
import {
  decodeNoteText,
  encodeNote,
  encodeSignatureLines,
  type Note,
  type NoteSignature,
  parseNote,
  parseSignatureLines,
} from "./note.ts";
import { decodeSize, verifySize } from "./sizes.ts";

/** What a log asks of a witness: tlog-witness, "add-checkpoint". */
export interface AddCheckpoint {
  /** The size of the tree that the witness cosigned last, as far as the log knows. */
  readonly oldSize: number;
  /** From `oldSize` to the checkpoint's size; none where `oldSize` is 0. */
  readonly hashes: readonly Uint8Array[];
  /** The checkpoint with its signatures. */
  readonly note: Note;
}

/** Of the answer 409 Conflict, which has the size the witness cosigned last. */
export const TREE_SIZE_CONTENT_TYPE = "text/x.tlog.size";

const OLD = "old ";

/** tlog-witness, "add-checkpoint", the request body. Throws `tlog/size`, `tlog/hash`, `tlog/note`. */
export function encodeAddCheckpoint({ oldSize, hashes, note }: AddCheckpoint): Uint8Array {
  verifySize(oldSize, "old size");
  verifyHashCount(hashes.length);
  for (const hash of hashes) verifyHash(hash);
  const lines = [`${OLD}${oldSize}`, ...hashes.map(encodeBase64), ""];
  const head = encodeUtf8(lines.map((line) => `${line}\n`).join(""));
  return Uint8Array.of(...head, ...encodeNote(note));
}

/**
 * tlog-witness, "add-checkpoint", the request body. Throws `tlog/add-checkpoint`, and `tlog/note` for what
 * follows the proof. That the note is a checkpoint is not asked here.
 */
export function parseAddCheckpoint(bytes: Uint8Array): AddCheckpoint {
  const text = decodeNoteText(bytes, ADD_CHECKPOINT_BYTES_MAX);
  const split = text.indexOf("\n\n");
  const [sizeLine = "", ...proofLines] = text
    .slice(0, Math.max(split, 0))
    .split("\n", CONSISTENCY_HASHES_MAX + 2);
  const oldSize = sizeLine.startsWith(OLD) ? decodeSize(sizeLine.slice(OLD.length)) : null;
  if (oldSize === null) throw new LeixError("tlog/add-checkpoint", "no old size and empty line");
  verifyHashCount(proofLines.length);
  const hashes = proofLines.map((line, at) => {
    const hash = decodeHash(line);
    if (!hash) throw new LeixError("tlog/add-checkpoint", `proof line ${at + 1}`);
    return hash;
  });
  return { oldSize, hashes, note: parseNote(encodeUtf8(text.slice(split + 2))) };
}

/** tlog-witness, "add-checkpoint", the body of 200: the witness's cosignatures. Throws `tlog/note`. */
export function encodeCosignatures(signatures: readonly NoteSignature[]): Uint8Array {
  return encodeUtf8(encodeSignatureLines(signatures));
}

/** The reverse; nothing is verified but the form. Throws `tlog/note`. */
export function parseCosignatures(bytes: Uint8Array): readonly NoteSignature[] {
  return parseSignatureLines(decodeNoteText(bytes, ADD_CHECKPOINT_BYTES_MAX));
}

/** tlog-witness, "add-checkpoint", the body of 409: a tree size. */
export function encodeTreeSize(size: number): Uint8Array {
  verifySize(size, "tree size");
  return encodeUtf8(`${size}\n`);
}

/** The reverse. Throws `tlog/add-checkpoint`. */
export function parseTreeSize(bytes: Uint8Array): number {
  const text = decodeNoteText(bytes, ADD_CHECKPOINT_BYTES_MAX);
  const size = text.endsWith("\n") ? decodeSize(text.slice(0, -1)) : null;
  if (size === null) throw new LeixError("tlog/add-checkpoint", "not a tree size");
  return size;
}

function verifyHashCount(count: number): void {
  if (count > CONSISTENCY_HASHES_MAX)
    throw new LeixError("tlog/add-checkpoint", `more than ${CONSISTENCY_HASHES_MAX} hashes`);
}
