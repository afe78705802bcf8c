import type { State } from "@leix/exchange";
import {
  type AgencyId,
  decodeBase64url,
  encodeUtf8,
  type KeyId,
  LeixError,
  type RegisteredKey,
  toLogOrigin,
  toWitnessName,
} from "@leix/protocol";
import {
  type Checkpoint,
  createVerifier,
  type NoteSignature,
  type NoteVerifier,
  parseCheckpoint,
  parseNote,
  toVerifierKey,
  type VerifiedNote,
  verifyNote,
} from "@leix/tlog";

export interface VerifiedCheckpoint {
  readonly checkpoint: Checkpoint;
  /** Of the ledger service. */
  readonly kid: KeyId;
  /** So many witnesses the anchor's statement asks for. */
  readonly quorum: number;
  /** Each agency once, with the first time it names. */
  readonly witnesses: readonly { readonly agency: AgencyId; readonly at: number }[];
}

/**
 * A checkpoint of this exchange's ledger, by the keys that the state knows. `earliest` is when the newest
 * record that it is known to cover was decided: a key that had ended by then cannot have signed it.
 *
 * Throws the `tlog/` codes, `jws/key-not-valid`, and `evidence/missing` where the ledger service, or the
 * owner of a signature, is not among the parties shown.
 */
export async function verifyCheckpoint(
  state: State,
  text: string,
  earliest: number,
): Promise<VerifiedCheckpoint> {
  const { note, lines, keys } = await verifyKnown(state, text);
  const [stranger] = note.unknown;
  if (stranger) throw new LeixError("evidence/missing", `the key of ${stranger.name}`);
  // A second line of a key is verified by nobody, and could be any bytes.
  if (note.verified.length !== lines) throw new LeixError("tlog/note", "two signatures of one key");
  const checkpoint = parseCheckpoint(note.text);
  const origin = toLogOrigin(state.trust.aud);
  if (checkpoint.origin !== origin) throw new LeixError("tlog/origin", `not of ${origin}`);
  const log = note.verified.find(({ type }) => type === "ed25519");
  const kid = log && find(keys, log.line).registered.kid;
  if (!kid) throw new LeixError("tlog/note-unsigned", `not signed by ${origin}`);
  const witnesses = new Map<AgencyId, number>();
  for (const one of note.verified) {
    const { registered, agency } = find(keys, one.line);
    const time = one.type === "ed25519" ? earliest : one.timestamp;
    const isEarly = one.type !== "ed25519" && time < registered.nbf;
    if (isEarly || time >= registered.exp) throw new LeixError("jws/key-not-valid", one.key.name);
    if (agency && !witnesses.has(agency)) witnesses.set(agency, time);
  }
  const { witnessQuorum: quorum } = state;
  return { checkpoint, kid, quorum, witnesses: [...witnesses].map(([agency, at]) => ({ agency, at })) };
}

/** A registered key as a verifier of notes knows it. */
interface LogKey {
  readonly registered: RegisteredKey;
  /** Of a witness; the ledger service's have none. */
  readonly agency?: AgencyId;
  readonly verifier: NoteVerifier<"ed25519"> | NoteVerifier<"cosignature/v1">;
}

/** The note with every signature whose key is known, verified; the others apart. Throws the `tlog/` codes. */
export async function verifyKnown(
  state: State,
  text: string,
): Promise<{ readonly note: VerifiedNote; readonly lines: number; readonly keys: readonly LogKey[] }> {
  const note = parseNote(encodeUtf8(text));
  const names = new Set(note.signatures.map(({ name }) => name));
  const keys = await Promise.all([...listLogKeys(state), ...listWitnessKeys(state, names)]);
  if (keys.length === 0) throw new LeixError("evidence/missing", "the statement of the ledger service");
  const verifiers = keys.map(({ verifier }) => verifier);
  return { note: await verifyNote(note, verifiers), lines: note.signatures.length, keys };
}

function listLogKeys(state: State): Promise<LogKey>[] {
  const service = state.parties.get("ledger")?.statement;
  if (service?.kind !== "service" || service.status !== "active") return [];
  const name = toLogOrigin(state.trust.aud);
  return listPublic(service.keys, "sig").map(async ({ registered, x }) => {
    return { registered, verifier: await createVerifier(toVerifierKey(name, "ed25519", x)) };
  });
}

/** Of the witnesses that the note names: an exchange may have many more. */
function listWitnessKeys(state: State, names: ReadonlySet<string>): Promise<LogKey>[] {
  return [...state.parties.entries()].flatMap(([, { statement }]) => {
    if (statement.kind !== "agency" || statement.status !== "active") return [];
    const agency = statement.subject;
    const name = toWitnessName(state.trust.aud, agency);
    if (!names.has(name)) return [];
    return listPublic(statement.keys, "cosign").map(async ({ registered, x }) => {
      return { registered, agency, verifier: await createVerifier(toVerifierKey(name, "cosignature/v1", x)) };
    });
  });
}

function listPublic(keys: readonly RegisteredKey[], use: RegisteredKey["use"]) {
  return keys.flatMap((registered) => {
    const x = decodeBase64url(registered.jwk.x);
    return registered.use === use && registered.alg === "Ed25519" && x ? [{ registered, x }] : [];
  });
}

function find(keys: readonly LogKey[], { name, keyId }: NoteSignature): LogKey {
  const found = keys.find(({ verifier: { key } }) => key.name === name && key.keyId === keyId);
  if (!found) throw new LeixError("evidence/missing", `the key of ${name}`);
  return found;
}
