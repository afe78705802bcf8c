import {
  LeixError,
  listProvableKeys,
  type ParsedRecord,
  type RegisteredKey,
  type Statement,
  type VerifySignature,
  verifyJws,
} from "@leix/protocol";
import type { Examined } from "./entry.ts";
import { checkSignature, findSignerKey, type SignatureCheck } from "./examine.ts";
import type { ExaminedPlain } from "./examined-plain.ts";
import type { ExaminedRecord, SignedName } from "./examined-record.ts";
import type { State } from "./state.ts";
import { type TriedRecord, type TriedSignature, toKeyName } from "./tried-record.ts";

/** The signatures on one record, tried under the keys that stand in the state before it. */
export interface RecordChecks {
  /** The policy service's, over the decision. */
  readonly policy: SignatureCheck;
  /** The sender's or issuer's, over the input. A rejected input and a tick are not in the ledger: `valid`. */
  readonly input: SignatureCheck;
}

/**
 * Tries both signatures. Only statements change keys, so all records up to and with the next one can be
 * tried at once.
 */
export async function checkRecord(
  state: State,
  record: ParsedRecord,
  verify?: VerifySignature,
): Promise<RecordChecks> {
  const examined = toExamined(record);
  const [policy, input] = await Promise.all([
    checkPolicySignature(state, record, verify),
    examined ? checkSignature(examined, state, verify) : ("valid" as const),
  ]);
  return { policy, input };
}

/**
 * The same of signatures that were tried elsewhere, under public keys by their thumbprints alone: which key
 * counts here, and for what, the state says. Undefined where it is another key than the one that was tried,
 * or a statement has more to prove than its own signature: then `checkRecord` has to try it.
 */
export function toChecks(state: State, { record, policy, input }: TriedRecord): RecordChecks | undefined {
  const { decision, input: token } = record;
  const placed = toPlaced(record);
  if (placed.statement && listProvableKeys(placed.statement).length > 0) return undefined;
  const checked = {
    policy: toCheck(findPolicyKey(state, decision.jws.header.kid, placed), decision.jws, policy),
    input: token ? toCheck(findSignerKey({ ...placed, jws: token }, state), token, input) : "valid",
  } as const;
  const isTried = checked.policy !== undefined && checked.input !== undefined;
  return isTried ? (checked as RecordChecks) : undefined;
}

/** As `verifyJws` judges, for a signature that it has judged under whatever key was at hand. */
function toCheck(
  key: RegisteredKey | undefined,
  { header }: SignedName,
  tried: TriedSignature | null,
): SignatureCheck | undefined {
  if (!key) return "jws/key-unknown";
  if (key.use !== "sig") return "jws/key-use";
  if (key.alg !== header.alg) return "jws/algorithm";
  if (!tried || tried.key !== toKeyName(key.jwk)) return undefined;
  return tried.isValid ? "valid" : "jws/signature-invalid";
}

export async function checkPolicySignature(
  state: State,
  record: ParsedRecord,
  verify?: VerifySignature,
): Promise<SignatureCheck> {
  const { jws } = record.decision;
  const key = findPolicyKey(state, jws.header.kid, record);
  if (!key) return "jws/key-unknown";
  try {
    await verifyJws(jws, key, verify);
    return "valid";
  } catch (error) {
    if (error instanceof LeixError) return error.code;
    throw error;
  }
}

/**
 * Is this the record after the state's head, signed by the policy service with a key that was valid then?
 * Throws `claims/audience`, `record/index`, `record/chain`, `record/time` and the `jws/` codes.
 */
export function verifyPlace(state: State, record: Placed, policy: SignatureCheck): void {
  const { content, jws } = record.decision;
  const { head, trust } = state;
  if (content.aud !== trust.aud) throw new LeixError("claims/audience", content.aud);
  if (content.index !== head.index) throw new LeixError("record/index", `${content.index} at ${head.index}`);
  if (content.prev !== head.prev) throw new LeixError("record/chain", `at ${head.index}`);
  if (content.at < head.at) throw new LeixError("record/time", `at ${head.index}`);
  verifyPolicyKey(state, jws.header.kid, content.at, record);
  if (policy !== "valid") throw new LeixError(policy, `decision at ${head.index}`);
}

/**
 * Throws `jws/key-unknown`, `jws/key-not-valid` unless the policy service may sign the next record with
 * this key.
 */
export function verifyPolicyKey(state: State, kid: RegisteredKey["kid"], at: number, subject: Subject): void {
  const key = findPolicyKey(state, kid, subject);
  if (!key) throw new LeixError("jws/key-unknown", `kid ${kid} is not the policy service's`);
  if (at < key.nbf || at >= key.exp) throw new LeixError("jws/key-not-valid", `kid ${kid}`);
}

/** What of a record says where it belongs, and who put it there. */
export interface Placed extends Subject {
  readonly decision: {
    readonly content: Pick<ParsedRecord["decision"]["content"], "aud" | "prev" | "at"> & {
      readonly index: number;
    };
    readonly jws: Pick<SignedName, "header">;
  };
}

export function toPlaced(record: ExaminedRecord | ExaminedPlain): Placed {
  const { kind, decision } = record;
  if (!("entry" in record) || record.entry.kind !== "statement") return { kind, decision };
  return { kind, decision, statement: record.entry.statement };
}

/** A record or an entry: what is signed, as far as it may bring keys with it. */
interface Subject {
  readonly kind: ParsedRecord["kind"];
  readonly statement?: Statement;
}

/**
 * Two statements of the anchor bring the keys under which they are recorded themselves: its first, and one
 * that gives the policy service new keys, or a key that has expired could never be replaced. Whoever follows
 * such a record decides it again (`bringsPolicyKeys`), so the anchor's signature vouches for it.
 */
function findPolicyKey(
  state: State,
  kid: RegisteredKey["kid"],
  { statement }: Subject,
): RegisteredKey | undefined {
  const owned = state.keys.get(kid);
  if (owned?.party === "policy" && !owned.withdrawn) return owned.key;
  return listBroughtKeys(state, statement).find((key) => key.kid === kid);
}

/**
 * Whether a record is signed with what it says itself, and must not be believed before it is decided again.
 */
export function bringsPolicyKeys(state: State, { statement }: Subject): boolean {
  return listBroughtKeys(state, statement).length > 0;
}

function listBroughtKeys(state: State, statement: Statement | undefined): readonly RegisteredKey[] {
  if (statement?.kind === "anchor") return state.head.index === 0 ? statement.policyKeys : [];
  return statement?.kind === "service" && statement.subject === "policy" ? statement.keys : [];
}

/**
 * What was sent, as far as the ledger has it: the token, not the envelope and the body that it came in.
 * Undefined where it was rejected, for then the ledger has nothing of it.
 */
export function toExamined(record: ParsedRecord): Examined | undefined {
  const { input, received } = record.decision.content;
  const sent = { account: input.account, sequence: input.sequence, received, rawDigest: input.digest };
  switch (record.kind) {
    case "message":
      return { ...sent, kind: "message", jws: record.input, claims: record.claims };
    case "statement":
      return { ...sent, kind: "statement", jws: record.input, statement: record.statement };
    case "event":
    case "seal":
      return { ...sent, kind: "tick" };
    case "rejection":
    case "flood":
      return undefined;
  }
}
