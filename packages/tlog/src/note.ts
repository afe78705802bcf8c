import { encodeUtf8, LeixError } from "@leix/protocol";
import { decodeBase64, encodeBase64 } from "./base64.ts";
import { NOTE_BYTES_MAX, NOTE_SIGNATURES_MAX } from "./limits.ts";

/** One signature line of a note, not verified. Name and id together name the key. */
export interface NoteSignature {
  readonly name: string;
  /** 32 bits, unsigned. */
  readonly keyId: number;
  readonly signature: Uint8Array;
}

/** A signed note taken apart; nothing is verified but its form. The text ends with a newline. */
export interface Note {
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

const PREFIX = "\u2014 ";
const KEY_ID_BYTES = 4;
/** "Any ASCII control characters (those below U+0020) other than newline." */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\0-\t\v-\x1f]/;
const SPACE_OR_PLUS = /[\p{White_Space}+]/u;

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** signed-note, "Format": not empty, without Unicode spaces and plus. */
export function isKeyName(name: string): boolean {
  return name !== "" && name.isWellFormed() && !SPACE_OR_PLUS.test(name) && !CONTROL.test(name);
}

/** signed-note, "Format". Throws `tlog/note`. */
export function parseNote(bytes: Uint8Array): Note {
  const all = decodeNoteText(bytes, NOTE_BYTES_MAX);
  const split = all.lastIndexOf("\n\n");
  if (split < 0) throw new LeixError("tlog/note", "no empty line before the signatures");
  return { text: all.slice(0, split + 1), signatures: parseSignatureLines(all.slice(split + 2)) };
}

/** The reverse: the same bytes as were parsed. Throws `tlog/note` for what could not be parsed again. */
export function encodeNote({ text, signatures }: Note): Uint8Array<ArrayBuffer> {
  verifyNoteText(text);
  const bytes = encodeUtf8(`${text}\n${encodeSignatureLines(signatures)}`);
  if (bytes.byteLength > NOTE_BYTES_MAX) throw new LeixError("tlog/note", `${bytes.byteLength} bytes`);
  return bytes;
}

/** signed-note, "Signatures": one line each, ended by a newline. Throws `tlog/note`. */
export function encodeSignatureLines(signatures: readonly NoteSignature[]): string {
  verifySignatureCount(signatures.length);
  return signatures.map((one) => `${encodeSignatureLine(one)}\n`).join("");
}

/** The reverse of `encodeSignatureLines`. Throws `tlog/note`. */
export function parseSignatureLines(text: string): readonly NoteSignature[] {
  if (!text.endsWith("\n")) throw new LeixError("tlog/note", "no newline at the end");
  const lines = text.slice(0, -1).split("\n", NOTE_SIGNATURES_MAX + 1);
  verifySignatureCount(lines.length);
  return lines.map(parseSignatureLine);
}

/** UTF-8 without control characters but newline. Throws `tlog/note`. */
export function decodeNoteText(bytes: Uint8Array, bytesMax: number): string {
  if (bytes.byteLength > bytesMax) throw new LeixError("tlog/note", `${bytes.byteLength} bytes`);
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch (cause) {
    throw new LeixError("tlog/note", "not UTF-8", { cause });
  }
  if (CONTROL.test(text)) throw new LeixError("tlog/note", "control characters");
  return text;
}

/** Throws `tlog/note` for what cannot be the text of a note. */
export function verifyNoteText(text: string): void {
  if (!text.endsWith("\n") || !text.isWellFormed() || CONTROL.test(text)) {
    throw new LeixError("tlog/note", "the text has control characters or does not end with a newline");
  }
}

/** Of the same key, and the same bytes. */
export function isSameSignature(a: NoteSignature, b: NoteSignature): boolean {
  return encodeSignatureLine(a) === encodeSignatureLine(b);
}

function encodeSignatureLine({ name, keyId, signature }: NoteSignature): string {
  if (!isKeyName(name) || signature.byteLength === 0)
    throw new LeixError("tlog/note", "no name or signature");
  const bytes = new Uint8Array(KEY_ID_BYTES + signature.byteLength);
  new DataView(bytes.buffer).setUint32(0, keyId);
  bytes.set(signature, KEY_ID_BYTES);
  return `${PREFIX}${name} ${encodeBase64(bytes)}`;
}

function parseSignatureLine(line: string, at: number): NoteSignature {
  const [name = "", encoded = "", ...rest] = line.slice(PREFIX.length).split(" ", 3);
  const bytes = decodeBase64(encoded);
  const isLine = line.startsWith(PREFIX) && isKeyName(name) && rest.length === 0;
  if (!isLine || !bytes || bytes.byteLength <= KEY_ID_BYTES) {
    throw new LeixError("tlog/note", `signature line ${at + 1}`);
  }
  const keyId = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  return { name, keyId, signature: bytes.subarray(KEY_ID_BYTES) };
}

function verifySignatureCount(count: number): void {
  if (count < 1 || count > NOTE_SIGNATURES_MAX) throw new LeixError("tlog/note", `${count} signatures`);
}
