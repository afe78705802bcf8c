import { listLogKeys, listLogKeysOf, type State, type Trust } from "@leix/exchange";
import { LeixError, toLogOrigin } from "@leix/protocol";
import {
  type Checkpoint,
  createVerifier,
  encodeVerifierKey,
  type NoteVerifier,
  parseCheckpoint,
  parseNote,
  parseVerifierKey,
  verifyNote,
} from "@leix/tlog";

/** Who may sign this exchange's checkpoints. */
export interface LogKeys {
  /** The name of the log, and of its keys. */
  readonly origin: string;
  readonly verifiers: readonly NoteVerifier<"ed25519">[];
  /** Was this key withdrawn by one of so many records? Then it signs no checkpoint of all of them. */
  isWithdrawn(keyId: NoteVerifier<"ed25519">["key"]["keyId"], size: number): boolean;
}

/** All keys that the ledger service ever had: a checkpoint stays signed when its key is replaced. */
export async function toLogKeys(state: State): Promise<LogKeys> {
  const verifiers = await Promise.all(listLogKeys(state).map(createVerifier));
  return {
    origin: toLogOrigin(state.trust.aud),
    verifiers,
    isWithdrawn: (keyId, size) => !listLogKeysOf(state, size).some((key) => key.keyId === keyId),
  };
}

/** A key that was handed over in person, as a verifier key (vkey). Throws `tlog/key`. */
export async function parseLogKey({ aud }: Trust, vkey: string): Promise<LogKeys> {
  const verifier = await createVerifier(parseVerifierKey(vkey, "ed25519"));
  return { origin: toLogOrigin(aud), verifiers: [verifier], isWithdrawn: () => false };
}

/** Throws the codes of `verifyNote`, `tlog/note-unsigned`, `tlog/checkpoint` and `tlog/origin`. */
export async function verifyCheckpoint(bytes: Uint8Array, keys: LogKeys): Promise<Checkpoint> {
  const { origin, verifiers } = keys;
  const { text, verified } = await verifyNote(parseNote(bytes), verifiers);
  const checkpoint = parseCheckpoint(text);
  if (verified.every(({ key }) => keys.isWithdrawn(key.keyId, checkpoint.size))) {
    throw new LeixError("tlog/note-unsigned", `not signed by ${origin}`);
  }
  if (checkpoint.origin !== origin) throw new LeixError("tlog/origin", `not of ${origin}`);
  return checkpoint;
}

/** The verifier key with which a checkpoint is signed, among keys that are believed. */
export async function toVkey(note: Uint8Array, keys: LogKeys): Promise<string> {
  const { text, signatures } = parseNote(note);
  const { size } = parseCheckpoint(text);
  const found = keys.verifiers.find(({ key }) => {
    const isNamed = signatures.some(({ name, keyId }) => name === key.name && keyId === key.keyId);
    return isNamed && !keys.isWithdrawn(key.keyId, size);
  });
  if (!found) throw new LeixError("tlog/note-unsigned", "not signed by the ledger service");
  return encodeVerifierKey(found.key);
}
