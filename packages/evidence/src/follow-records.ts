import {
  auditParsedStatement,
  checkRecord,
  type Entry,
  isTakingPart,
  listSignatories,
  type State,
  toEntry,
  verifyPlace,
} from "@leix/exchange";
import type { Primitives } from "@leix/exchange/tried-record";
import {
  type CountryCode,
  LeixError,
  type ParsedRecord,
  type PartyId,
  type PolicySetStatement,
} from "@leix/protocol";
import type { NamedRecord } from "./evidence-part.ts";
import type { KeyRegister, UsedKey } from "./key-register.ts";
import { activatePolicySet, notePolicySet } from "./policy-sets.ts";

type MessageRecord = Extract<ParsedRecord, { kind: "message" }>;
type MessageEntry = Extract<Entry, { kind: "message" }>;

export interface PolicySetInForce {
  readonly version: number;
  readonly files: number;
  readonly signedBy: readonly CountryCode[];
}

/** A part of the ledger as it is followed: what the exchange was, as far as the records shown say. */
export interface Following {
  readonly state: State;
  readonly keys: KeyRegister;
  policySet: PolicySetInForce | undefined;
  readonly primitives?: Primitives;
}

/** A message whose record is believed: signed by its sender, and by the policy service over it. */
export interface FollowedMessage {
  readonly record: MessageRecord;
  readonly entry: MessageEntry;
  /** The sender's key, and the policy service's. */
  readonly signed: UsedKey;
  readonly decided: UsedKey;
}

/**
 * Takes in a statement. All but policy sets are decided again, exactly as a member of the exchange does who
 * is given the statements alone; for that every version of what they are about must be there. A policy set is
 * believed for its signatures: its earlier versions are not needed. Throws the `record/` and `jws/` codes,
 * `identity/party-not-active`, `identity/issuer-not-account`, `evidence/missing`.
 */
export async function followStatement(following: Following, { record }: NamedRecord): Promise<void> {
  if (record.kind !== "statement") throw new LeixError("evidence/differs", `a ${record.kind}`);
  const { statement, decision } = record;
  if (statement.kind === "policy-set") await followPolicySet(following, record, statement);
  else await auditParsedStatement(following.state, record, following.primitives);
  following.keys.note(statement, decision.content.index);
  following.keys.use(record.input.header.kid);
  following.keys.use(decision.jws.header.kid);
}

async function followPolicySet(
  following: Following,
  record: ParsedRecord,
  statement: PolicySetStatement,
): Promise<void> {
  const { state } = following;
  await verifySigned(following, record, statement.iss);
  if (statement.aud !== state.trust.aud) throw new LeixError("claims/audience", statement.aud);
  if (notePolicySet(state, statement) && state.policySet?.version !== statement.version) {
    activatePolicySet(state, statement);
    const { version, files } = statement;
    following.policySet = { version, files: files.length, signedBy: listSignatories(state, statement) };
  }
  goOn(state, record);
}

/**
 * The record of a message in its place. Throws as `followStatement` does, `claims/audience`, and
 * `decision/disclosure` where anything of the decision is left out.
 */
export async function followMessage(following: Following, { record }: NamedRecord): Promise<FollowedMessage> {
  if (record.kind !== "message") throw new LeixError("evidence/differs", `a ${record.kind}`);
  const { state, keys } = following;
  const { claims, decision } = record;
  await verifySigned(following, record, claims.iss);
  if (claims.aud !== state.trust.aud) throw new LeixError("claims/audience", claims.aud);
  const entry = toEntry(record);
  if (entry.kind !== "message") throw new LeixError("evidence/missing", claims.iss);
  const [signed, decided] = [keys.use(record.input.header.kid), keys.use(decision.jws.header.kid)];
  goOn(state, record);
  return { record, entry, signed, decided };
}

/**
 * Both signatures, under keys that were registered before this record and valid then; account, key and `iss`
 * of the input are one party's, which was active (protocol.md, section 5).
 */
async function verifySigned(
  { state, primitives }: Following,
  record: ParsedRecord,
  iss: PartyId,
): Promise<void> {
  enterPlace(state, record);
  const checks = await checkRecord(state, record, primitives?.verify);
  verifyPlace(state, record, checks.policy);
  if (checks.input !== "valid") throw new LeixError(checks.input, `signature of ${iss}`);
  const { kid } = "input" in record ? record.input.header : record.decision.jws.header;
  const { input, received } = record.decision.content;
  const owned = state.keys.get(kid);
  if (owned?.party !== iss || state.accounts.get(input.account) !== iss) {
    throw new LeixError("identity/issuer-not-account", `iss ${iss}, key of ${owned?.party}`);
  }
  const { key, withdrawn } = owned;
  if (withdrawn || received < key.nbf || received >= key.exp) {
    throw new LeixError("jws/key-not-valid", `kid ${kid}`);
  }
  if (!isTakingPart(state, iss)) throw new LeixError("identity/party-not-active", iss);
}

/** Records between are not shown; where none is between, the chain is checked. */
export function enterPlace(state: State, { decision }: ParsedRecord): void {
  const { index, prev } = decision.content;
  if (index > state.head.index) state.head = { ...state.head, index, prev };
}

export function goOn(state: State, { decision }: ParsedRecord): void {
  const { content, jws } = decision;
  state.head = { index: content.index + 1, prev: jws.digest, at: content.at };
}
