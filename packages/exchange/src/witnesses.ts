import {
  type AgencyId,
  decodeBase64url,
  LeixError,
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
  const service = state.parties.get("ledger")?.statement;
  const isActive = service?.kind === "service" && service.status === "active";
  const keys =
    at === undefined
      ? [...state.keys.entries()].flatMap(([, { party, key }]) => (party === "ledger" ? [key] : []))
      : (isActive ? service.keys : []).filter((key) => isValid(key, at));
  const name = toLogOrigin(state.trust.aud);
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
    const [key] = statement.keys
      .filter(isEd25519)
      .filter((one) => one.use === "cosign" && isValid(one, at))
      .toSorted((one, other) => other.nbf - one.nbf || other.exp - one.exp);
    if (!key) return [];
    const name = toWitnessName(state.trust.aud, agency);
    return [{ agency, key: toVerifierKey(name, "cosignature/v1", toPublicKey(key)) }];
  });
}

/** Which checkpoints the exchange's own rules let rely on, by one of the log's keys, as it is configured. */
export function toAcceptanceConfig(state: State, log: VerifierKey<"ed25519">, at: number): AcceptanceConfig {
  const witnesses = listWitnesses(state, at).map(({ key }) => encodeVerifierKey(key));
  return { log: encodeVerifierKey(log), witnesses, quorum: state.witnessQuorum };
}

/**
 * Whether the exchange's rules let rely on a checkpoint now: signed with a key that the ledger service may
 * sign with, cosigned by the quorum. That it extends the last one is for the caller to verify. Throws as
 * `acceptCheckpoint` does; `tlog/policy` where there are fewer witnesses left than the quorum.
 */
export async function acceptLedgerCheckpoint(
  bytes: Uint8Array,
  state: State,
  now: number,
): Promise<AcceptedCheckpoint> {
  const { signatures } = parseNote(bytes);
  const log = listLogKeys(state, now).find(({ name, keyId }) => {
    return signatures.some((one) => one.name === name && one.keyId === keyId);
  });
  if (!log) throw new LeixError("tlog/note-unsigned", "not signed by the ledger service");
  const policy = await createAcceptancePolicy(toAcceptanceConfig(state, log, now));
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
