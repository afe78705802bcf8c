import {
  CLAIMS_TYP,
  type ErrorCode,
  LeixError,
  limits,
  listStatementKeys,
  parseClaims,
  parseEnvelope,
  parseJws,
  parseStatement,
  type RegisteredKey,
  STATEMENT_TYP,
  type Statement,
  toDigest,
  type VerifySignature,
  verifyBinding,
  verifyJws,
  verifyKey,
  verifyPossession,
} from "@leix/protocol";
import { judgeTime } from "./claims-rules.ts";
import type { Examined, Input } from "./entry.ts";
import type { SignedName } from "./examined-record.ts";
import type { State } from "./state.ts";

/**
 * Takes an input apart and checks all that needs no state: form, sizes, the binding of body to claims, that
 * every key of a statement is a key. Never throws for bad input: what cannot be used is `unusable` with its
 * code.
 */
export async function examine(input: Input): Promise<Examined> {
  const { account, sequence, received, bytes } = input;
  const sent = { account, sequence, received, rawDigest: toDigest(bytes) };
  if (input.isGivenUp) return { ...sent, kind: "unusable", code: "input/unprocessable", detail: "" };
  try {
    return { ...sent, ...(await examineBytes(bytes, received)) };
  } catch (error) {
    if (!(error instanceof LeixError)) throw error;
    return { ...sent, kind: "unusable", code: error.code, detail: error.detail };
  }
}

/** `valid`, or why the signature cannot be relied on. A fact of the token and the key that its kid names. */
export type SignatureCheck = "valid" | ErrorCode;

/**
 * Tries the signature under the registered key of the header's kid, and in a statement the proofs of the keys
 * that it registers. Whether that key was valid then, and whose it is, `step` judges from the state. A tick
 * is not signed: the account that it comes from is its own.
 */
export async function checkSignature(
  examined: Examined,
  state: State,
  verify?: VerifySignature,
): Promise<SignatureCheck> {
  if (examined.kind === "unusable") return examined.code;
  if (examined.kind === "tick") return "valid";
  const key = findSignerKey(examined, state);
  if (!key) return "jws/key-unknown";
  try {
    await verifyJws(examined.jws, key, verify);
    if (examined.kind === "statement") await verifyPossession(examined.statement, verify);
    return "valid";
  } catch (error) {
    if (error instanceof LeixError) return error.code;
    throw error;
  }
}

/** What names a signer: a token, and the statement in it, if it is one. */
interface Signed {
  readonly jws: SignedName;
  readonly statement?: Statement;
}

/** The anchor's first statement brings its own key, whose thumbprint every party was given beforehand. */
export function findSignerKey({ jws, statement }: Signed, state: State): RegisteredKey | undefined {
  const { kid } = jws.header;
  const registered = state.keys.get(kid)?.key;
  if (registered || !statement) return registered;
  const isGenesis = state.head.index === 0 && statement.kind === "anchor" && kid === state.trust.anchorKey;
  return isGenesis ? statement.keys.find((key) => key.kid === kid) : undefined;
}

type Content<E = Examined> = E extends Examined
  ? Omit<E, "account" | "sequence" | "received" | "rawDigest">
  : never;

async function examineBytes(bytes: Uint8Array, received: number): Promise<Content> {
  const envelope = parseEnvelope(bytes);
  if ("tick" in envelope) {
    const refusal = judgeTime("tick", envelope.tick, received);
    if (refusal) throw new LeixError(refusal.code, refusal.detail);
    return { kind: "tick" };
  }
  if ("statement" in envelope) {
    const jws = parseJws(envelope.statement, STATEMENT_TYP, limits.STATEMENT_BYTES_MAX);
    const statement = parseStatement(jws.payload);
    await Promise.all(listStatementKeys(statement).map(verifyKey));
    return { kind: "statement", jws, statement };
  }
  const jws = parseJws(envelope.message, CLAIMS_TYP, limits.CLAIMS_BYTES_MAX);
  const claims = parseClaims(jws.payload);
  if (!claims.body !== !envelope.body) throw new LeixError("body/missing");
  if (!claims.body || !envelope.body) return { kind: "message", jws, claims };
  verifyBinding(envelope.body, claims.body);
  return { kind: "message", jws, claims, body: envelope.body };
}
