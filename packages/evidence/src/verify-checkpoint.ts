import { countCountries, listCosigningKeys, listLogKeysOf, type OwnedKey, type State } from "@leix/exchange";
import {
  AgencyId,
  encodeBase64url,
  encodeUtf8,
  invariant,
  LeixError,
  toLogOrigin,
  toThumbprint,
  toWitnessName,
  type VerifySignature,
} from "@leix/protocol";
import {
  type Checkpoint,
  createVerifier,
  type NoteVerifier,
  parseCheckpoint,
  parseNote,
  type SignatureType,
  type VerifiedNote,
  type VerifierKey,
  verifyNote,
} from "@leix/tlog";
import type { Following } from "./follow-records.ts";
import type { UsedKey } from "./key-register.ts";

export interface VerifiedCheckpoint {
  readonly checkpoint: Checkpoint;
  /** Of the ledger service. */
  readonly key: UsedKey;
  /** So many countries the anchor's statement asks for. */
  readonly quorum: number;
  /** For so many the witnesses speak. */
  readonly countries: number;
  /** Each agency once, with the first time it names. */
  readonly witnesses: readonly { readonly agency: AgencyId; readonly at: number; readonly key: UsedKey }[];
}

/**
 * A checkpoint of this exchange's ledger, by the keys that are known at the end of the records shown. A key
 * that had ended when the last of them was decided cannot have signed a checkpoint that covers it.
 *
 * Throws the `tlog/` codes, `jws/key-not-valid`, `identity/party-not-active` where the ledger service or a
 * witness was active no more, and `evidence/missing` where the ledger service, or the owner of a signature,
 * is not among the parties shown.
 */
export async function verifyCheckpoint(
  { state, keys, primitives }: Following,
  text: string,
): Promise<VerifiedCheckpoint> {
  refuseInactive(state);
  const { note, lines, owners } = await verifyKnown(state, text, primitives?.verify);
  for (const { name } of note.unknown) refuseStranger(state, name);
  // A second line of a key is verified by nobody, and could be any bytes.
  if (note.verified.length !== lines) throw new LeixError("tlog/note", "two signatures of one key");
  const checkpoint = parseCheckpoint(note.text);
  const origin = toLogOrigin(state.trust.aud);
  if (checkpoint.origin !== origin) throw new LeixError("tlog/origin", `not of ${origin}`);
  let log: UsedKey | undefined;
  const witnesses = new Map<AgencyId, { readonly at: number; readonly key: UsedKey }>();
  for (const [i, one] of note.verified.entries()) {
    const owned = owners[i];
    invariant(owned, "every verified signature has its owner beside it");
    const key = keys.use(owned.key.kid);
    const at = one.type === "ed25519" ? state.head.at : one.timestamp;
    const isEarly = one.type !== "ed25519" && at < owned.key.nbf;
    if (isEarly || at >= owned.key.exp) throw new LeixError("jws/key-not-valid", one.key.name);
    const agency = AgencyId.safeParse(owned.party).data;
    if (one.type === "ed25519") log = key;
    else if (agency && !witnesses.has(agency)) witnesses.set(agency, { at, key });
  }
  if (!log) throw new LeixError("tlog/note-unsigned", `not signed by ${origin}`);
  const { witnessQuorum: quorum } = state;
  const countries = countCountries(state, witnesses.keys());
  const named = [...witnesses].map(([agency, one]) => ({ agency, ...one }));
  return { checkpoint, key: log, quorum, countries, witnesses: named };
}

/**
 * The note with every signature whose key is known, verified, and beside each its owner; the others apart.
 * Throws the `tlog/` codes, and `evidence/missing` without a statement of the ledger service.
 */
export async function verifyKnown(
  state: State,
  text: string,
  verify?: VerifySignature,
): Promise<{
  readonly note: VerifiedNote;
  readonly lines: number;
  readonly owners: readonly OwnedKey[];
}> {
  const note = parseNote(encodeUtf8(text));
  const names = new Set(note.signatures.map(({ name }) => name));
  const logKeys = listLogKeysOf(state, parseCheckpoint(note.text).size);
  if (logKeys.length === 0) throw new LeixError("evidence/missing", "the statement of the ledger service");
  const witnessKeys = listCosigningKeys(state, (name) => names.has(name)).map(({ key }) => key);
  const open = <T extends SignatureType>(key: VerifierKey<T>) => openKey(state, key, verify);
  const [logs, cosigners] = await Promise.all([
    Promise.all(logKeys.map(open)),
    Promise.all(witnessKeys.map(open)),
  ]);
  const verified = await verifyNote(note, [...logs, ...cosigners]);
  const owners = verified.verified.map(({ key }) => findOwner(state, key));
  return { note: verified, lines: note.signatures.length, owners };
}

async function openKey<T extends SignatureType>(
  state: State,
  key: VerifierKey<T>,
  verify: VerifySignature | undefined,
): Promise<NoteVerifier<T>> {
  if (!verify) return createVerifier(key);
  const registered = findOwner(state, key).key;
  return {
    key,
    verify: async (message, signature) => verify(message, Uint8Array.from(signature), registered),
  };
}

/** The keys were listed from the state. */
function findOwner(state: State, { publicKey }: VerifierKey): OwnedKey {
  const jwk = { kty: "OKP", crv: "Ed25519", x: encodeBase64url(publicKey) } as const;
  const owned = state.keys.get(toThumbprint(jwk));
  invariant(owned, "a key that verified a signature is registered");
  return owned;
}

function refuseInactive({ parties }: State): void {
  const service = parties.get("ledger")?.statement;
  if (service?.kind !== "service") {
    throw new LeixError("evidence/missing", "the statement of the ledger service");
  }
  if (service.status !== "active") throw new LeixError("identity/party-not-active", "ledger");
}

/** Why a line is nobody's: its agency is a witness no more, or is not among the parties shown. */
function refuseStranger({ trust, parties }: State, name: string): never {
  for (const [, { statement }] of parties.entries()) {
    if (statement.kind !== "agency" || toWitnessName(trust.aud, statement.subject) !== name) continue;
    if (statement.status !== "active") throw new LeixError("identity/party-not-active", statement.subject);
  }
  throw new LeixError("evidence/missing", `the key of ${name}`);
}
