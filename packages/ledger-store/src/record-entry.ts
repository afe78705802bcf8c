import { isAscii } from "node:buffer";
import { hash } from "node:crypto";
import { type Digest, type LeafEntry, LeixError, limits, RECORD_KINDS } from "@leix/protocol";

type RecordKind = LeafEntry["kind"];

/**
 * The entry of a record: the protocol's `toLeafEntry`, for whoever has nothing but the record's bytes. Of
 * them only that is looked at on which the store relies: one line, and the members of a record in their
 * canonical order, whose texts no escape hides. What is in them is for whoever decides or replays
 * (`parseRecord`). Throws `record/malformed`.
 */
export function toRecordEntry(record: Uint8Array): LeafEntry {
  const kind = record.byteLength > limits.RECORD_BYTES_MAX ? null : readKind(record);
  if (!kind) throw new LeixError("record/malformed", `${record.byteLength} bytes`);
  return { v: 1, kind, digest: toRecordDigest(record) };
}

/** The same in the bytes that are hashed into the tree, as the protocol's `encodeLeafEntry` has them. */
export function encodeRecordEntry(record: Uint8Array): Uint8Array<ArrayBuffer> {
  const { digest, kind, v } = toRecordEntry(record);
  return Buffer.from(`{"digest":"${digest}","kind":"${kind}","v":${v}}`, "latin1");
}

/** The same as tlog's `hashLeaf`, at the speed of the processor's own instructions. */
export function hashEntry(entry: Uint8Array): Uint8Array {
  const leaf = Buffer.allocUnsafe(1 + entry.byteLength);
  leaf[0] = LEAF_PREFIX;
  leaf.set(entry, 1);
  return hash("sha256", leaf, "buffer");
}

/** RFC 6962 section 2.1. */
const LEAF_PREFIX = 0x00;

const BEGIN = '{"decision":"';
const MIDDLE = /^","kind":"(rejection|flood|event|seal|message|statement)","(?:v":1\}$|(\1)":")/;
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

/** The same as the protocol's `toDigest`, likewise. */
export function toRecordDigest(record: Uint8Array): Digest {
  return hash("sha256", record, "base64url") as Digest;
}

function isRecordKind(kind: string | undefined): kind is RecordKind {
  return RECORD_KINDS.some((known) => known === kind);
}
