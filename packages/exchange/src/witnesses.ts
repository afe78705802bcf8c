import {
  type AgencyId,
  type AgencyStatement,
  countryOf,
  decodeBase64url,
  judgeQuorum,
  LeixError,
  type QuorumVerdict,
  type RegisteredKey,
  toLogOrigin,
  toWitnessName,
} from "@leix/protocol";
import {
  type AcceptanceConfig,
  type AcceptedCheckpoint,
  acceptCheckpoint,
  createAcceptancePolicy,
  encodeVerifierKey,
  parseNote,
  toVerifierKey,
  type VerifierKey,
} from "@leix/tlog";
import type { State } from "./state.ts";

/** An agency that cosigns the ledger's checkpoints, and its key for it. */
export interface Witness {
  readonly agency: AgencyId;
  readonly key: VerifierKey<"cosignature/v1">;
}

type Ed25519Key = Extract<RegisteredKey, { alg: "Ed25519" }>;

/**
 * The keys with which the ledger service may sign checkpoints at a time (NumericDate); without one, every key
 * it ever had: what it signed stays signed.
 */
export function listLogKeys(state: State, at?: number): VerifierKey<"ed25519">[] {
  if (at === undefined) return listLogKeysOf(state, 0);
  const service = state.parties.get("ledger")?.statement;
  const isActive = service?.kind === "service" && service.status === "active";
  return toLogKeys(state, isActive ? service.keys.filter((key) => isValid(key, at)) : []);
}

/**
 * The keys with which a checkpoint of so many records may be signed, whenever that was: every key that the
 * ledger service ever had, but those that one of these very records withdrew. Whoever knew the tree knew
 * that.
 */
export function listLogKeysOf(state: State, size: number): VerifierKey<"ed25519">[] {
  const keys = [...state.keys.entries()].flatMap(([, { party, key, withdrawnAt = size }]) => {
    return party === "ledger" && size <= withdrawnAt ? [key] : [];
  });
  return toLogKeys(state, keys);
}

function toLogKeys({ trust }: State, keys: readonly RegisteredKey[]): VerifierKey<"ed25519">[] {
  const name = toLogOrigin(trust.aud);
  return keys.filter(isEd25519).flatMap((key) => {
    return key.use === "sig" ? [toVerifierKey(name, "ed25519", toPublicKey(key))] : [];
  });
}

/**
 * The active agencies that have a key to cosign at a time. Each counts once: of several keys the one whose
 * time began last.
 */
export function listWitnesses(state: State, at: number): Witness[] {
  return [...state.parties.entries()].flatMap(([, { statement }]) => {
    if (statement.kind !== "agency" || statement.status !== "active") return [];
    const agency = statement.subject;
    const [key] = listOwnKeys(state, statement)
      .filter((one) => isValid(one, at))
      .toSorted((one, other) => other.nbf - one.nbf || other.exp - one.exp);
    if (!key) return [];
    return [{ agency, key: toWitnessKey(toWitnessName(state.trust.aud, agency), key) }];
  });
}

/**
 * Every key with which an active agency whose name as a witness is wanted may have cosigned. Whether it could
 * at the time that a cosignature names is for the caller to judge.
 */
export function listCosigningKeys(state: State, isWanted: (name: string) => boolean): Witness[] {
  return [...state.parties.entries()].flatMap(([, { statement }]) => {
    if (statement.kind !== "agency" || statement.status !== "active") return [];
    const agency = statement.subject;
    const name = toWitnessName(state.trust.aud, agency);
    if (!isWanted(name)) return [];
    const keys = listOwnKeys(state, statement);
    return keys.map((key) => ({ agency, key: toWitnessKey(name, key) }));
  });
}

/** An agency's keys to cosign with, but those that are in wrong hands. */
function listOwnKeys({ keys }: State, statement: AgencyStatement): Ed25519Key[] {
  return statement.keys.filter(isEd25519).filter(({ use, kid }) => {
    return use === "cosign" && !keys.get(kid)?.withdrawn;
  });
}

/** Beside the registered keys: whether a point is usable is asked once, as there may be many witnesses. */
const WITNESS_KEYS = new WeakMap<Ed25519Key, Witness["key"]>();

function toWitnessKey(name: string, key: Ed25519Key): Witness["key"] {
  const known = WITNESS_KEYS.get(key);
  if (known?.name === name) return known;
  const made = toVerifierKey(name, "cosignature/v1", toPublicKey(key));
  WITNESS_KEYS.set(key, made);
  return made;
}

/**
 * The witness of a country is its single point of contact: one agency, with one memory. Were it any agency of
 * the country, two of them could be shown two histories, and both histories have the country's cosignature
 * without anybody having done wrong.
 */
function isCountryWitness(state: State, agency: AgencyId): boolean {
  const authority = state.parties.get(countryOf(agency))?.statement;
  return authority?.kind === "authority" && authority.status === "active" && authority.spoc === agency;
}

/** For how many countries these agencies have cosigned: what a quorum counts, everywhere. */
export function countCountries(state: State, agencies: Iterable<AgencyId>): number {
  return new Set([...agencies].filter((agency) => isCountryWitness(state, agency))).size;
}

/** The witnesses that a quorum can be made of at a time: one a country. */
function listCountryWitnesses(state: State, at: number): Witness[] {
  return listWitnesses(state, at).filter(({ agency }) => isCountryWitness(state, agency));
}

/** The exchange's quorum, and what it is worth with the witnesses that there are. */
export interface WitnessQuorum {
  /** So many countries are asked for. */
  readonly quorum: number;
  /** So many have a witness. */
  readonly countries: number;
  readonly verdict: QuorumVerdict;
}

export function toWitnessQuorum(state: State, at: number): WitnessQuorum {
  const { witnessQuorum: quorum } = state;
  const countries = listCountryWitnesses(state, at).length;
  return { quorum, countries, verdict: judgeQuorum(quorum, countries) };
}

/** Which checkpoints the exchange's own rules let rely on, by one of the log's keys, as it is configured. */
function toAcceptanceConfig(
  state: State,
  log: VerifierKey<"ed25519">,
  at: number,
  quorum: number,
): AcceptanceConfig {
  const witnesses = listCountryWitnesses(state, at).map(({ key }) => encodeVerifierKey(key));
  return { log: encodeVerifierKey(log), witnesses, quorum };
}

/**
 * Whether the exchange's rules let rely on a checkpoint now: signed with a key that the ledger service may
 * sign with, cosigned by the quorum of countries, or a larger one of one's own. Keys are judged as they stand
 * now, whatever time their cosignatures say: a key that was withdrawn could say any. That it extends the
 * last one is for the caller to verify. Throws as `acceptCheckpoint` does; `tlog/policy` where fewer
 * countries have a witness than are asked for.
 */
export async function acceptLedgerCheckpoint(
  bytes: Uint8Array,
  state: State,
  now: number,
  ownQuorum = 0,
): Promise<AcceptedCheckpoint> {
  const { signatures } = parseNote(bytes);
  const log = listLogKeys(state, now).find(({ name, keyId }) => {
    return signatures.some((one) => one.name === name && one.keyId === keyId);
  });
  if (!log) throw new LeixError("tlog/note-unsigned", "not signed by the ledger service");
  const quorum = Math.max(state.witnessQuorum, ownQuorum);
  const policy = await createAcceptancePolicy(toAcceptanceConfig(state, log, now, quorum));
  return acceptCheckpoint(bytes, policy, now);
}

function isValid({ nbf, exp }: RegisteredKey, at: number): boolean {
  return nbf <= at && at < exp;
}

function isEd25519(key: RegisteredKey): key is Ed25519Key {
  return key.alg === "Ed25519";
}

/** A registered key's coordinate has its 32 bytes: the statement was parsed. */
function toPublicKey({ jwk }: Ed25519Key): Uint8Array {
  return decodeBase64url(jwk.x) ?? new Uint8Array();
}
