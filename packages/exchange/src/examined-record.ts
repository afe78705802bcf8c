import {
  type Decider,
  type Digest,
  type ErrorCode,
  type ExchangeId,
  encodeEnvelope,
  LeixError,
  type ParsedJws,
  type ParsedRecord,
  type ToDigest,
  toDigest,
} from "@leix/protocol";
import type { Entry } from "./entry.ts";
import { isExact, toEntry } from "./recorded-entry.ts";

/** Who a token says signed it, and what. */
export type SignedName = Pick<ParsedJws, "header" | "digest">;

/** Of a record: where it belongs, and who says what about it. */
export interface RecordHead {
  readonly kind: ParsedRecord["kind"];
  readonly decision: {
    readonly jws: SignedName;
    readonly content: {
      readonly aud: ExchangeId;
      readonly index: number;
      readonly prev: Digest | null;
      readonly at: number;
      readonly decider: Decider;
    };
  };
  /** What is decided on: of a message and a statement. */
  readonly input?: SignedName;
  /** Digest of the envelope that was sent, where the ledger has all of it. */
  readonly rawDigest?: Digest;
}

/**
 * A record after everything that needs no state, and all that deciding it again asks for. JSON, so that it
 * can be made in one thread and judged in another.
 */
export interface ExaminedRecord extends RecordHead {
  /** What it says happened, or why it says nothing that can be followed. */
  readonly entry: Entry | Refused;
  /** Another answer has its payload exactly where it has the same content (`isExact`). */
  readonly isExact: boolean;
}

/** An error as one thread tells another. */
export interface Refused {
  readonly kind: "refused";
  readonly code: ErrorCode;
  readonly detail: string;
}

export function examineRecord(record: ParsedRecord, digest: ToDigest = toDigest): ExaminedRecord {
  const { jws, content } = record.decision;
  const { aud, index, prev, at, decider } = content;
  const rawDigest = toRawDigest(record, digest);
  return {
    kind: record.kind,
    decision: { jws: toName(jws), content: { aud, index, prev, at, decider } },
    ...("input" in record ? { input: toName(record.input) } : {}),
    ...(rawDigest === undefined ? {} : { rawDigest }),
    entry: attemptEntry(record),
    isExact: isExact(record),
  };
}

function attemptEntry(record: ParsedRecord): Entry | Refused {
  try {
    return toEntry(record);
  } catch (error) {
    return toRefused(error);
  }
}

/** Throws whatever is no coded error: a defect. */
export function toRefused(error: unknown): Refused {
  if (!(error instanceof LeixError)) throw error;
  return { kind: "refused", code: error.code, detail: error.detail };
}

function toName({ header, digest }: ParsedJws): SignedName {
  return { header, digest };
}

/** An input with a body cannot be looked up among those that were rejected: the ledger has not all of it. */
function toRawDigest(record: ParsedRecord, digest: ToDigest): Digest | undefined {
  switch (record.kind) {
    case "statement":
      return digest(encodeEnvelope({ statement: record.input.token }));
    case "message":
      return record.claims.body ? undefined : digest(encodeEnvelope({ message: record.input.token }));
    default:
      return record.decision.content.input.digest;
  }
}
