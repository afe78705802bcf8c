import {
  auditStatement,
  createState,
  listLogKeys,
  listLogKeysOf,
  type State,
  type Trust,
} from "@leix/exchange";
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
import { readStatement } from "./statement-keys.ts";

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
export async function toVkey(note: Uint8Array, { verifiers }: LogKeys): Promise<string> {
  const { signatures } = parseNote(note);
  const found = verifiers.find(({ key }) => {
    return signatures.some(({ name, keyId }) => name === key.name && keyId === key.keyId);
  });
  if (!found) throw new LeixError("tlog/note-unsigned", "not signed by the ledger service");
  return encodeVerifierKey(found.key);
}

/**
 * The ledger service's keys, from the ledger itself: its first records, read up to the statement that brings
 * the key which signed this checkpoint. Only the anchor's statements are followed, each verified as every
 * member does. Throws as `verifyCheckpoint` does where no record brings such a key.
 */
export async function findLogKeys(
  trust: Trust,
  records: AsyncIterable<Uint8Array>,
  note: Uint8Array,
): Promise<LogKeys> {
  const state = createState(trust);
  for await (const record of records) {
    if (!isAnchored(readStatement(record))) continue;
    await auditStatement(state, record);
    if (await isSigned(note, await toLogKeys(state))) break;
  }
  const keys = await toLogKeys(state);
  await verifyCheckpoint(note, keys);
  return keys;
}

/** What the anchor says of itself, and of services: nothing else is needed to know their keys. */
function isAnchored(statement: Readonly<Record<string, unknown>> | undefined): boolean {
  return statement?.kind === "anchor" || statement?.kind === "service";
}

async function isSigned(note: Uint8Array, keys: LogKeys): Promise<boolean> {
  try {
    await verifyCheckpoint(note, keys);
    return true;
  } catch (error) {
    if (error instanceof LeixError) return false;
    throw error;
  }
}
