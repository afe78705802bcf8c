import { LeixError } from "@leix/protocol";
import { decodeHash, encodeBase64 } from "./base64.ts";
import { verifyHash } from "./merkle-hash.ts";
import { verifyNoteText } from "./note.ts";
import { decodeSize, verifySize } from "./sizes.ts";
import type { TreeHead } from "./tile-reader.ts";

/** What a log says of its tree: tlog-checkpoint, "Note text". */
export interface Checkpoint extends TreeHead {
  /** Names the log. Ours are its verifier key's name; of others it is only known not to be empty. */
  readonly origin: string;
  /** Opaque, never empty, and nothing that anyone can audit: ours have none. */
  readonly extensions: readonly string[];
}

/** tlog-checkpoint, "Note text". Throws `tlog/checkpoint`, and `tlog/size`, `tlog/hash`, `tlog/note`. */
export function encodeCheckpoint({ origin, size, root, extensions }: Checkpoint): string {
  verifySize(size, "tree size");
  verifyHash(root);
  const lines = [origin, String(size), encodeBase64(root), ...extensions];
  if (lines.some((line) => line === "" || line.includes("\n"))) {
    throw new LeixError("tlog/checkpoint", "a line that is empty, or several");
  }
  const text = lines.map((line) => `${line}\n`).join("");
  verifyNoteText(text);
  return text;
}

/** tlog-checkpoint, "Note text", of a note's text. Throws `tlog/checkpoint`. */
export function parseCheckpoint(text: string): Checkpoint {
  const [origin = "", sizeLine = "", rootLine = "", ...rest] = text.split("\n");
  const [size, root] = [decodeSize(sizeLine), decodeHash(rootLine)];
  // What follows the last newline: nothing.
  const end = rest.pop();
  if (origin === "") throw new LeixError("tlog/checkpoint", "no origin");
  if (size === null) throw new LeixError("tlog/checkpoint", "the tree size is not decimal, or too large");
  if (root === null) throw new LeixError("tlog/checkpoint", "the root hash is not base64 of 32 bytes");
  if (end !== "" || rest.includes(""))
    throw new LeixError("tlog/checkpoint", "an empty line or no last newline");
  return { origin, size, root, extensions: rest };
}
