import { z } from "zod";
import { type ToDigest, toDigest } from "./bytes.ts";
import { encodeCanonicalBytes, parseCanonical } from "./canonical.ts";
import { LeixError } from "./errors.ts";
import { AgencyId, Digest, type ExchangeId } from "./ids.ts";
import { LEAF_ENTRY_BYTES_MAX } from "./limits.ts";
import { parseSchema } from "./parse.ts";
import { type LedgerRecord, RECORD_KINDS } from "./record.ts";

/** What a leaf of the ledger's tree says of its record: all that members and witnesses are shown. */
export const LeafEntry = z.strictObject({
  v: z.literal(1),
  kind: z.enum(RECORD_KINDS),
  /** SHA-256 of the record's bytes. */
  digest: Digest,
});
export type LeafEntry = z.infer<typeof LeafEntry>;

/** The bytes that are hashed into the tree, as RFC 8785 has them. */
export function encodeLeafEntry(entry: LeafEntry): Uint8Array<ArrayBuffer> {
  return encodeCanonicalBytes(entry);
}

/** The reverse. Throws `ledger/entry-malformed`. */
export function parseLeafEntry(bytes: Uint8Array): LeafEntry {
  try {
    return parseSchema(LeafEntry, parseCanonical(bytes, LEAF_ENTRY_BYTES_MAX), "ledger/entry-malformed");
  } catch (cause) {
    throw new LeixError("ledger/entry-malformed", "", { cause });
  }
}

/** The entry of a record in its canonical bytes, which `parseRecord` has taken. */
export function toLeafEntry(
  kind: LedgerRecord["kind"],
  record: Uint8Array,
  digest: ToDigest = toDigest,
): LeafEntry {
  return { v: 1, kind, digest: digest(record) };
}

/** The ledger's name as a log: C2SP tlog-checkpoint, "origin". Its verifier key has the same name. */
export function toLogOrigin(aud: ExchangeId): string {
  return `${aud}/ledger`;
}

/** An agency's name as a witness: C2SP tlog-cosignature, key name. */
export function toWitnessName(aud: ExchangeId, agency: AgencyId): string {
  return `${aud}/witness/${agency}`;
}

/** The agency of a witness's name in this exchange; undefined for any other name. */
export function parseWitnessName(aud: ExchangeId, name: string): AgencyId | undefined {
  const prefix = `${aud}/witness/`;
  return name.startsWith(prefix) ? AgencyId.safeParse(name.slice(prefix.length)).data : undefined;
}
