import { type ExchangeId, LeixError, type SigningKey, toLogOrigin } from "@leix/protocol";
import {
  type AcceptancePolicy,
  acceptCheckpoint,
  type Checkpoint,
  createAcceptancePolicy,
  createSigner,
  encodeCheckpoint,
  encodeNote,
  encodeVerifierKey,
  signNote,
  type TreeHead,
} from "@leix/tlog";

/** The log as whom this service signs. */
export interface LogIdentity {
  /** The verifier key (vkey) of the log. */
  readonly log: string;
  /**
   * A checkpoint of a head, signed. Ed25519 is deterministic: whoever has the key and the same records makes
   * the same bytes.
   */
  sign(head: TreeHead): Promise<Uint8Array>;
  /** What a note that this log signed says. Throws `ledger/forked` for any other. */
  verify(note: Uint8Array): Promise<Checkpoint>;
}

/** Throws `tlog/key` for a key that is not Ed25519: signed notes know no other. */
export async function createLogIdentity(aud: ExchangeId, key: SigningKey): Promise<LogIdentity> {
  const signer = await createSigner(toLogOrigin(aud), "ed25519", key);
  const log = encodeVerifierKey(signer.key);
  const policy: AcceptancePolicy = await createAcceptancePolicy({ log, witnesses: [], quorum: 0 });
  return {
    log,
    async sign({ size, root }) {
      const text = encodeCheckpoint({ origin: signer.key.name, size, root, extensions: [] });
      return encodeNote({ text, signatures: [await signNote(text, signer)] });
    },
    async verify(note) {
      try {
        return (await acceptCheckpoint(note, policy, 0)).checkpoint;
      } catch (cause) {
        if (!(cause instanceof LeixError)) throw cause;
        throw new LeixError("ledger/forked", `a checkpoint of another log: ${cause.message}`, { cause });
      }
    },
  };
}
