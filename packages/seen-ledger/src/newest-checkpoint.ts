import { LeixError } from "@leix/protocol";
import {
  type Checkpoint,
  createVerifier,
  parseCheckpoint,
  parseNote,
  type VerifierKey,
  verifyNote,
} from "@leix/tlog";

/**
 * What a note says, which nobody has verified yet: the key that signed it is in the ledger, which has to be
 * read first. Throws `ledger/checkpoint-invalid`.
 */
export function readClaimed(note: Uint8Array): Checkpoint {
  try {
    return parseCheckpoint(parseNote(note).text);
  } catch (cause) {
    throw toInvalid(cause);
  }
}

/**
 * Verifies that one of these keys signed the note, as the log that they are of. Throws
 * `ledger/checkpoint-invalid`.
 */
export async function verifyClaimed(
  note: Uint8Array,
  keys: readonly VerifierKey<"ed25519">[],
): Promise<void> {
  try {
    const verifiers = await Promise.all(keys.map((key) => createVerifier(key)));
    const { text } = await verifyNote(parseNote(note), verifiers);
    const { origin } = parseCheckpoint(text);
    if (!keys.some(({ name }) => name === origin)) throw new LeixError("tlog/origin", `of ${origin}`);
  } catch (cause) {
    throw toInvalid(cause);
  }
}

function toInvalid(cause: unknown): unknown {
  if (!(cause instanceof LeixError)) return cause;
  return new LeixError("ledger/checkpoint-invalid", `the newest in CHECKPOINT: ${cause.message}`, { cause });
}
