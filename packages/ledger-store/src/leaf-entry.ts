import { isAscii } from "node:buffer";
import { hash } from "node:crypto";
import { Digest, LedgerRecord, LeixError, limits, parseCanonical } from "@leix/protocol";
import { ENTRY_BYTES_MAX } from "@leix/tlog";

type RecordKind = LedgerRecord["kind"];

/** What a leaf of the tree says of its record: all that members and witnesses are shown. */
export interface LeafEntry {
  readonly v: 1;
  readonly kind: RecordKind;
  /** SHA-256 of the record's bytes. */
  readonly digest: Digest;
}

/** The bytes that are hashed into the tree: RFC 8785, of which nothing here needs an escape. */
export function encodeLeafEntry({ v, kind, digest }: LeafEntry): Uint8Array<ArrayBuffer> {
  return Buffer.from(`{"digest":"${digest}","kind":"${kind}","v":${v}}`, "latin1");
}

const KINDS: readonly string[] = LedgerRecord.options.map(({ shape }) => shape.kind.value);

/** The reverse. Throws `ledger/entry-malformed`. */
export function parseLeafEntry(bytes: Uint8Array): LeafEntry {
  const value = parseEntryJson(bytes);
  if (typeof value === "object" && value !== null && Object.keys(value).length === 3) {
    const { v, kind, digest } = value as Record<string, unknown>;
    const parsed = Digest.safeParse(digest);
    if (v === 1 && isRecordKind(kind) && parsed.success) return { v, kind, digest: parsed.data };
  }
  throw new LeixError("ledger/entry-malformed");
}

/**
 * The entry of a record. Of the record only that is looked at on which the store relies: one line, and the
 * four members of a record in their canonical order, whose texts no escape hides. What is in them is for
 * whoever decides or replays (`parseRecord`). Throws `record/malformed`.
 */
export function toLeafEntry(record: Uint8Array): LeafEntry {
  const kind = record.byteLength > limits.RECORD_BYTES_MAX ? null : readKind(record);
  if (!kind) throw new LeixError("record/malformed", `${record.byteLength} bytes`);
  return { v: 1, kind, digest: toRecordDigest(record) };
}

const BEGIN = '{"decision":"';
const MIDDLE = /^","kind":"(rejection|event|message|statement)","(?:v":1\}$|(\1)":")/;
const END = '","v":1}';
const MIDDLE_BYTES_MAX = '","kind":"statement","statement":"'.length;
const [NEWLINE, QUOTE, BACKSLASH] = [0x0a, 0x22, 0x5c];

/** Thousands a second are read: no text is made of what may be a megabyte. */
function readKind(record: Uint8Array): RecordKind | null {
  const bytes = Buffer.from(record.buffer, record.byteOffset, record.byteLength);
  if (!isAscii(bytes) || bytes.includes(BACKSLASH) || bytes.includes(NEWLINE)) return null;
  if (toText(bytes, 0, BEGIN.length) !== BEGIN) return null;
  const at = bytes.indexOf(QUOTE, BEGIN.length);
  const [middle, kind, input] = MIDDLE.exec(toText(bytes, at, at + MIDDLE_BYTES_MAX)) ?? [];
  if (at < 0 || middle === undefined || !isRecordKind(kind)) return null;
  const hasInput = kind === "message" || kind === "statement";
  if (hasInput !== (input !== undefined)) return null;
  if (!hasInput) return at + middle.length === bytes.byteLength ? kind : null;
  // The next quote is the last text's end, and all that follows it is known.
  const end = bytes.byteLength - END.length;
  return bytes.indexOf(QUOTE, at + middle.length) === end && toText(bytes, end, bytes.byteLength) === END
    ? kind
    : null;
}

function toText(bytes: Buffer, begin: number, end: number): string {
  return bytes.toString("latin1", begin, end);
}

/** The same as the protocol's `toDigest`, at the speed of the processor's own instructions. */
export function toRecordDigest(record: Uint8Array): Digest {
  return hash("sha256", record, "base64url") as Digest;
}

function parseEntryJson(bytes: Uint8Array): unknown {
  try {
    return parseCanonical(bytes, ENTRY_BYTES_MAX);
  } catch (cause) {
    throw new LeixError("ledger/entry-malformed", "", { cause });
  }
}

function isRecordKind(kind: unknown): kind is RecordKind {
  return typeof kind === "string" && KINDS.includes(kind);
}
