import {
  type Claims,
  decodeBase64url,
  LedgerRecord,
  LeixError,
  limits,
  MessageId,
  parseCanonical,
  parseSchema,
} from "@leix/protocol";
import { z } from "zod";

/** What of a message's claims tells whether it is wanted. */
const Glimpsed = z.object({ id: MessageId, kind: z.string(), re: z.object({ id: MessageId }).optional() });

/** A record as far as it must be known to tell whether it is wanted: an evidence holds few of a ledger's. */
export interface Glimpse {
  readonly kind: LedgerRecord["kind"];
  /** Of a message: its own id, and, of an acknowledgement, that of what it acknowledges. */
  readonly id?: MessageId;
  readonly acknowledged?: MessageId;
}

const ACKNOWLEDGEMENT: Claims["kind"] = "acknowledgement";

/** Throws `record/malformed`. What it tells is believed of a record only once that is taken apart whole. */
export function glimpseRecord(bytes: Uint8Array): Glimpse {
  const record = parseSchema(LedgerRecord, parse(bytes, limits.RECORD_BYTES_MAX), "record/malformed");
  if (record.kind !== "message") return { kind: record.kind };
  const payload = decodeBase64url(record.message.split(".", 2)[1] ?? "") ?? new Uint8Array();
  const claims = parse(payload, limits.CLAIMS_BYTES_MAX);
  const { id, kind, re } = parseSchema(Glimpsed, claims, "record/malformed");
  return { kind: "message", id, ...(kind === ACKNOWLEDGEMENT && re ? { acknowledged: re.id } : {}) };
}

function parse(bytes: Uint8Array, bytesMax: number): unknown {
  try {
    return parseCanonical(bytes, bytesMax);
  } catch (cause) {
    throw new LeixError("record/malformed", cause instanceof LeixError ? cause.code : "", { cause });
  }
}
