import { z } from "zod";
import { type ToDigest, toDigest } from "./bytes.ts";
import { encodeCanonicalBytes, parseCanonical } from "./canonical.ts";
import { CLAIMS_TYP, Claims } from "./claims.ts";
import { LeixError } from "./errors.ts";
import { type ParsedJws, parseJws } from "./jws.ts";
import { refuseForeignKid } from "./keys.ts";
import { CLAIMS_BYTES_MAX, RECORD_BYTES_MAX, STATEMENT_BYTES_MAX } from "./limits.ts";
import { type OpenDecision, openDecision } from "./open-decision.ts";
import { parseSchema } from "./parse.ts";
import { listStatementKeys, STATEMENT_TYP, Statement } from "./statement.ts";

const version = { v: z.literal(1) };

/**
 * One entry of the ledger: an input and the decision over it. Of rejected inputs, and of a tick of the
 * clock, which makes events and seals, only the decision stays.
 */
export const LedgerRecord = z.discriminatedUnion("kind", [
  z.strictObject({ ...version, kind: z.literal("message"), message: z.string(), decision: z.string() }),
  z.strictObject({ ...version, kind: z.literal("statement"), statement: z.string(), decision: z.string() }),
  z.strictObject({ ...version, kind: z.literal("rejection"), decision: z.string() }),
  z.strictObject({ ...version, kind: z.literal("flood"), decision: z.string() }),
  z.strictObject({ ...version, kind: z.literal("event"), decision: z.string() }),
  z.strictObject({ ...version, kind: z.literal("seal"), decision: z.string() }),
]);
export type LedgerRecord = z.infer<typeof LedgerRecord>;
export const RECORD_KINDS = LedgerRecord.options.map(({ shape }) => shape.kind.value);

/** A record taken apart. Forms and cross-references are checked; signatures are the caller's to verify. */
export type ParsedRecord =
  | {
      readonly kind: "message";
      readonly input: ParsedJws;
      readonly claims: Claims;
      readonly decision: OpenDecision;
    }
  | {
      readonly kind: "statement";
      readonly input: ParsedJws;
      readonly statement: Statement;
      readonly decision: OpenDecision;
    }
  | { readonly kind: "rejection" | "flood" | "event" | "seal"; readonly decision: OpenDecision };

/** Throws `input/too-large`. */
export function encodeRecord(record: LedgerRecord): Uint8Array<ArrayBuffer> {
  const bytes = encodeCanonicalBytes(record);
  if (bytes.byteLength > RECORD_BYTES_MAX) {
    throw new LeixError("input/too-large", `${bytes.byteLength} of at most ${RECORD_BYTES_MAX} bytes`);
  }
  return bytes;
}

/**
 * Throws `record/malformed`, `record/input` where input and decision do not belong together, `key/invalid`
 * where a statement gives a key another's thumbprint, and the codes of the parts.
 */
export function parseRecord(bytes: Uint8Array, digest: ToDigest = toDigest): ParsedRecord {
  const record = parseRecordBytes(bytes);
  const decision = openDecision(record.decision, digest);
  if (decision.content.kind !== record.kind) throw new LeixError("record/input", "decision of another kind");
  switch (record.kind) {
    case "rejection":
    case "flood":
    case "event":
    case "seal":
      return { kind: record.kind, decision };
    case "message": {
      const input = parseJws(record.message, CLAIMS_TYP, CLAIMS_BYTES_MAX, digest);
      const claims = parseClaims(input.payload);
      refuseOtherInput(input, decision, toMessageName(claims));
      return { kind: "message", input, claims, decision };
    }
    case "statement": {
      const input = parseJws(record.statement, STATEMENT_TYP, STATEMENT_BYTES_MAX, digest);
      const statement = parseStatement(input.payload);
      refuseOtherInput(input, decision, toStatementName(statement));
      // A key is known by its thumbprint everywhere after this, and the anchor's by nothing else.
      for (const key of listStatementKeys(statement)) refuseForeignKid(key);
      return { kind: "statement", input, statement, decision };
    }
  }
}

/** Unknown to claims; an unknown kind or version has its own code. */
export function parseClaims(payload: unknown): Claims {
  return attemptParse(
    () => parseSchema(Claims, payload),
    payload,
    () => Claims.options.map((option) => option.shape.kind.value),
  );
}

export function parseStatement(payload: unknown): Statement {
  return attemptParse(
    () => parseSchema(Statement, payload),
    payload,
    () => Statement.options.map((option) => option.shape.kind.value),
  );
}

function parseRecordBytes(bytes: Uint8Array): LedgerRecord {
  try {
    return parseSchema(LedgerRecord, parseCanonical(bytes, RECORD_BYTES_MAX), "record/malformed");
  } catch (cause) {
    if (cause instanceof LeixError && cause.code === "record/malformed") throw cause;
    throw new LeixError("record/malformed", cause instanceof LeixError ? cause.code : "", { cause });
  }
}

/** The digest binds decision and input; the names beside it must then be those of that input too. */
function refuseOtherInput(
  input: ParsedJws,
  { content }: OpenDecision,
  name: Readonly<Record<string, unknown>>,
): void {
  if (content.input.digest !== input.digest) throw new LeixError("record/input", "digest");
  const named: Readonly<Record<string, unknown>> =
    content.kind === "message" ? content.message : content.kind === "statement" ? content.statement : {};
  const isSame = Object.entries(name).every(([member, value]) => named[member] === value);
  if (!isSame) throw new LeixError("record/input", "name");
}

function toMessageName({ iss, id }: Claims) {
  return { iss, id };
}

function toStatementName({ kind, subject, version, iss }: Statement) {
  return { kind, subject, version, iss };
}

/** The payload is looked at again only where it is refused. */
function attemptParse<T>(parse: () => T, payload: unknown, listKinds: () => readonly string[]): T {
  try {
    return parse();
  } catch (error) {
    refuseUnknown(payload, listKinds());
    throw error;
  }
}

/** What is looked at where the whole is not of its form. */
const Head = z.looseObject({ v: z.unknown(), kind: z.unknown() });

function refuseUnknown(payload: unknown, kinds: readonly string[]): void {
  const head = Head.safeParse(payload);
  if (!head.success) return;
  const { v, kind } = head.data;
  if (typeof v === "number" && v !== 1) throw new LeixError("input/version-unknown");
  if (typeof kind === "string" && !kinds.includes(kind)) throw new LeixError("input/kind-unknown");
}
