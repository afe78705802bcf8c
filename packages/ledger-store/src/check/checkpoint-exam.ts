import { LeixError } from "@leix/protocol";
import {
  createVerifier,
  encodeNote,
  type Note,
  type NoteSignature,
  type NoteVerifier,
  parseCheckpoint,
  parseNote,
  parseVerifierKey,
  verifyNote,
} from "@leix/tlog";
import type { Disk } from "../disk.ts";
import { CHECKPOINT_PATH } from "../layout.ts";
import type { Published } from "../published.ts";
import type { Finding } from "./finding.ts";

export interface NoteKeys {
  /** The log's verifier key, and those of the witnesses whose cosignatures may be there. */
  readonly log: string;
  readonly witnesses?: readonly string[] | undefined;
}

export interface NoteExam {
  /** What the log's own key signed, whatever else is wrong. Null where nothing is there that it signed. */
  readonly published: Published | null;
  readonly findings: readonly Finding[];
}

/** The store's own checkpoint. Throws `tlog/key`. */
export async function examineCheckpoint(disk: Disk, keys: NoteKeys): Promise<NoteExam> {
  const note = await disk.read(CHECKPOINT_PATH);
  return note ? examineNote(note, CHECKPOINT_PATH, keys) : { published: null, findings: [] };
}

/** Every byte of a signed checkpoint: what no key given here signs is a finding too. Throws `tlog/key`. */
export async function examineNote(note: Uint8Array, file: string, keys: NoteKeys): Promise<NoteExam> {
  const [log, ...witnesses] = await createVerifiers(keys);
  const findings: Finding[] = [];
  const attempt = async <T>(work: () => Promise<T>): Promise<T | null> => {
    try {
      return await work();
    } catch (cause) {
      if (!(cause instanceof LeixError)) throw cause;
      findings.push({ code: "ledger/checkpoint-invalid", file, detail: cause.message });
      return null;
    }
  };
  const signed = await attempt(() => readSigned(note, log));
  // Signatures that it cannot judge: without any there is nothing more to look at.
  if (signed && !signed.isWhole) await attempt(() => verifyAll(note, [log, ...witnesses]));
  return { published: signed?.published ?? null, findings };
}

/** The checkpoint that the log signed, without the other lines that no key given here made. */
export async function dropUnsound(published: Published, keys: NoteKeys): Promise<Published> {
  const verifiers = await createVerifiers(keys);
  const note = parseNote(published.note);
  const sound = new Map<string, NoteSignature>();
  for (const line of note.signatures) {
    const name = `${line.name}+${line.keyId}`;
    if (!sound.has(name) && (await isSound({ ...note, signatures: [line] }, verifiers)))
      sound.set(name, line);
  }
  return { ...published, note: encodeNote({ ...note, signatures: [...sound.values()] }) };
}

async function isSound(note: Note, verifiers: Verifiers): Promise<boolean> {
  try {
    return (await verifyNote(note, verifiers)).verified.length > 0;
  } catch (error) {
    if (error instanceof LeixError) return false;
    throw error;
  }
}

type Verifiers = readonly [NoteVerifier<"ed25519">, ...NoteVerifier<"cosignature/v1">[]];

async function createVerifiers({ log, witnesses = [] }: NoteKeys): Promise<Verifiers> {
  const cosigners = witnesses.map((key) => createVerifier(parseVerifierKey(key, "cosignature/v1")));
  return [await createVerifier(parseVerifierKey(log, "ed25519")), ...(await Promise.all(cosigners))];
}

async function readSigned(
  bytes: Uint8Array,
  log: NoteVerifier<"ed25519">,
): Promise<{ readonly published: Published; readonly isWhole: boolean }> {
  const note = parseNote(bytes);
  const { text, verified } = await verifyNote(note, [log]);
  const checkpoint = parseCheckpoint(text);
  const { name } = log.key;
  if (checkpoint.origin !== name) throw new LeixError("tlog/origin", `not of ${name}`);
  const isWhole = verified.length === note.signatures.length;
  return { published: { ...checkpoint, note: bytes }, isWhole };
}

async function verifyAll(bytes: Uint8Array, verifiers: Verifiers): Promise<void> {
  const note = parseNote(bytes);
  const { verified, unknown } = await verifyNote(note, verifiers);
  const names = unknown.map(({ name }) => name).join(", ");
  if (names !== "") throw new LeixError("tlog/note", `signatures that no key given here verifies: ${names}`);
  if (verified.length < note.signatures.length) throw new LeixError("tlog/note", "a signature twice");
}
