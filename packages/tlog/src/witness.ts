import { type ErrorCode, LeixError } from "@leix/protocol";
import type { AddCheckpoint } from "./add-checkpoint.ts";
import { type Checkpoint, parseCheckpoint } from "./checkpoint.ts";
import { verifyConsistency } from "./consistency.ts";
import { isSameHash, toEmptyRoot } from "./merkle-hash.ts";
import type { NoteVerifier } from "./note-key.ts";
import { verifyNote } from "./signed-note.ts";
import type { TreeHead } from "./tile-reader.ts";

/** A log that a witness watches. */
export interface WatchedLog {
  readonly origin: string;
  readonly verifiers: readonly NoteVerifier<"ed25519">[];
  /** The tree of the checkpoint cosigned last; null where none was. */
  readonly cosigned: TreeHead | null;
}

/** What the witness answers: an HTTP status, and what its body is made of. */
export type AddCheckpointDecision =
  /** Keep the checkpoint as the last cosigned, durably and only if `cosigned` is still that; then cosign. */
  | { readonly status: 200; readonly checkpoint: Checkpoint; readonly text: string }
  | { readonly status: 400 | 403 | 404 | 422; readonly reason: ErrorCode | "unknown-origin" | "old-size" }
  /** `isFork`: the log signed two trees of one size. Keep both checkpoints: together they prove it. */
  | { readonly status: 409; readonly size: number; readonly isFork: boolean };

/**
 * tlog-witness, "add-checkpoint": what a witness answers, in the order of the specification. `logs` is asked
 * for the origin. Throws `tlog/checkpoint` for a note that is no checkpoint, which is 400 too.
 */
export async function decideAddCheckpoint(
  { oldSize, hashes, note }: AddCheckpoint,
  logs: (origin: string) => WatchedLog | undefined,
): Promise<AddCheckpointDecision> {
  const checkpoint = parseCheckpoint(note.text);
  const log = logs(checkpoint.origin);
  if (!log) return { status: 404, reason: "unknown-origin" };
  try {
    await verifyNote(note, log.verifiers);
  } catch (error) {
    return { status: 403, reason: toReason(error, ["tlog/note-unsigned", "tlog/signature-invalid"]) };
  }
  if (oldSize > checkpoint.size) return { status: 400, reason: "old-size" };
  const cosignedSize = log.cosigned?.size ?? 0;
  const isFork = log.cosigned?.size === checkpoint.size && !isSameHash(log.cosigned.root, checkpoint.root);
  if (oldSize !== cosignedSize || isFork) return { status: 409, size: cosignedSize, isFork };
  try {
    const proof = { first: oldSize, second: checkpoint.size, hashes };
    verifyConsistency(proof, log.cosigned?.root ?? toEmptyRoot(), checkpoint.root);
  } catch (error) {
    return { status: 422, reason: toReason(error, ["tlog/consistency", "tlog/hash"]) };
  }
  return { status: 200, checkpoint, text: note.text };
}

/** The code of a refusal; anything else is no answer to the log, and goes on up. */
function toReason(error: unknown, codes: readonly ErrorCode[]): ErrorCode {
  if (error instanceof LeixError && codes.includes(error.code)) return error.code;
  throw error;
}
