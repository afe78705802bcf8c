import { type ExchangeId, LeixError, type SigningKey, toLogOrigin } from "@leix/protocol";
import {
  type Checkpoint,
  createSigner,
  createVerifier,
  encodeCheckpoint,
  encodeNote,
  encodeVerifierKey,
  parseCheckpoint,
  parseNote,
  signNote,
  type TreeHead,
  type VerifierKey,
  verifyNote,
} from "@leix/tlog";

/** The log as whom this service signs. */
export interface LogIdentity {
  /** The verifier key (vkey) of this service's own key. */
  readonly log: string;
  /**
   * A checkpoint of a head, signed. Ed25519 is deterministic: whoever has the key and the same records makes
   * the same bytes.
   */
  sign(head: TreeHead): Promise<Uint8Array>;
  /** What a note says, which nobody has verified. Throws `ledger/forked` for what is no checkpoint. */
  read(note: Uint8Array): Checkpoint;
  /**
   * What a note says that this log signed, with whatever key the ledger names for a checkpoint of that size.
   * Throws `ledger/forked` for any other.
   */
  verify(note: Uint8Array): Promise<Checkpoint>;
}

/** The keys of the log for a checkpoint of so many records, as the ledger names them. */
export type LogKeyList = (size: number) => readonly VerifierKey<"ed25519">[];

/** Throws `tlog/key` for a key that is not Ed25519: signed notes know no other. */
export async function createLogIdentity(
  aud: ExchangeId,
  key: SigningKey,
  listKeys?: LogKeyList,
): Promise<LogIdentity> {
  const origin = toLogOrigin(aud);
  const signer = await createSigner(origin, "ed25519", key);
  return {
    log: encodeVerifierKey(signer.key),
    async sign({ size, root }) {
      const text = encodeCheckpoint({ origin, size, root, extensions: [] });
      return encodeNote({ text, signatures: [await signNote(text, signer)] });
    },
    read(note) {
      try {
        return parseCheckpoint(parseNote(note).text);
      } catch (cause) {
        throw toForeign(cause);
      }
    },
    async verify(note) {
      try {
        const checkpoint = parseCheckpoint(parseNote(note).text);
        const keys = listKeys ? listKeys(checkpoint.size) : [signer.key];
        await verifyNote(parseNote(note), await Promise.all(keys.map(createVerifier)));
        if (checkpoint.origin !== origin) throw new LeixError("tlog/origin", `not of ${origin}`);
        return checkpoint;
      } catch (cause) {
        throw toForeign(cause);
      }
    },
  };
}

function toForeign(cause: unknown): unknown {
  if (!(cause instanceof LeixError)) return cause;
  return new LeixError("ledger/forked", `a checkpoint of another log: ${cause.message}`, { cause });
}
