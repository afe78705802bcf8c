import { invariant } from "@leix/protocol";
import {
  DIGEST_BYTES,
  DIGEST_CHARACTERS,
  putDigest,
  putUuid,
  UUID_BYTES,
  UUID_CHARACTERS,
} from "./binary-text.ts";
import type { Dictionary } from "./dictionary.ts";
import { NUMBER_BYTES, SHORT, TAGS } from "./layout.ts";

const FIRST_BYTES = 1_024;
const SLASH = "/";
/** Behind the first text of a pair. */
const SLASH_AND_UUID = SLASH.length + UUID_CHARACTERS;

type ShortTag = (typeof SHORT)[keyof typeof SHORT];

/** Writes one entry at a time: its key, then its value. */
export class EntryWriter {
  readonly #dictionary: Dictionary;
  #bytes = new Uint8Array(FIRST_BYTES);
  #end = 0;
  #said: string[] = [];
  readonly #scratch = new Uint8Array(UUID_BYTES);

  constructor(dictionary: Dictionary) {
    this.#dictionary = dictionary;
  }

  /** The bytes with which every entry of that key begins, and no other. They hold until the next call. */
  writeKey(key: string): Uint8Array {
    this.#end = 0;
    this.#said = [];
    this.#writeText(key, false);
    return this.#bytes.subarray(0, this.#end);
  }

  /** The whole entry, and how many bytes of it are the key's. They hold until the next call. */
  write(key: string, value: unknown): { readonly bytes: Uint8Array; readonly keyBytes: number } {
    this.#end = 0;
    this.#said = [];
    this.#writeText(key, true);
    const keyBytes = this.#end;
    this.#writeValue(value);
    return { bytes: this.#bytes.subarray(0, this.#end), keyBytes };
  }

  #writeValue(value: unknown): void {
    if (typeof value === "string") this.#writeText(value, true);
    else if (typeof value === "number") this.#writeNumber(value);
    else if (Array.isArray(value)) this.#writeArray(value);
    else if (typeof value === "object" && value !== null) this.#writeObject(value);
    else this.#writeByte(toConstant(value));
  }

  #writeArray(values: readonly unknown[]): void {
    this.#writeEither(SHORT.array, TAGS.array, values.length);
    for (const value of values) this.#writeValue(value);
  }

  #writeObject(value: object): void {
    this.#writeByte(TAGS.object);
    this.#writeWhole(this.#dictionary.learnShape(Object.keys(value)));
    for (const member of Object.values(value)) this.#writeValue(member);
  }

  #writeNumber(value: number): void {
    if (Number.isSafeInteger(value) && value >= 0 && !Object.is(value, -0)) {
      this.#writeByte(TAGS.whole);
      this.#writeWhole(value);
      return;
    }
    this.#writeByte(TAGS.number);
    this.#reserve(NUMBER_BYTES);
    new DataView(this.#bytes.buffer).setFloat64(this.#end, value);
    this.#end += NUMBER_BYTES;
  }

  #writeText(text: string, isLearnt: boolean): void {
    if (text.length === UUID_CHARACTERS && this.#writeBinary(text, TAGS.uuid, UUID_BYTES, putUuid)) return;
    if (text.length === DIGEST_CHARACTERS && this.#writeBinary(text, TAGS.digest, DIGEST_BYTES, putDigest))
      return;
    const slash = text.length - SLASH_AND_UUID;
    if (text.charAt(slash) === SLASH && putUuid(text.slice(slash + 1), this.#scratch, 0)) {
      this.#writeByte(TAGS.pair);
      this.#writeText(text.slice(0, slash), isLearnt);
      this.#writeText(text.slice(slash + 1), isLearnt);
      return;
    }
    const known = isLearnt ? this.#dictionary.learnText(text) : this.#dictionary.findText(text);
    if (known !== undefined) this.#writeEither(SHORT.known, TAGS.known, known);
    else this.#writeUnits(text);
  }

  #writeBinary(text: string, tag: number, size: number, put: typeof putUuid): boolean {
    const before = this.#said.indexOf(text);
    if (before >= 0) {
      this.#writeByte(SHORT.said.first + before);
      return true;
    }
    this.#reserve(1 + size);
    if (!put(text, this.#bytes, this.#end + 1)) return false;
    this.#bytes[this.#end] = tag;
    this.#end += 1 + size;
    if (this.#said.length < SHORT.said.count) this.#said.push(text);
    return true;
  }

  #writeUnits(text: string): void {
    this.#writeByte(TAGS.text);
    this.#writeWhole(text.length);
    for (let at = 0; at < text.length; at++) this.#writeWhole(text.charCodeAt(at));
  }

  /** In one byte, or in one and a number. */
  #writeEither({ first, count }: ShortTag, long: number, number: number): void {
    this.#writeByte(number < count ? first + number : long);
    if (number >= count) this.#writeWhole(number);
  }

  /** LEB128. Not by shifts: those are of 32 bits. */
  #writeWhole(value: number): void {
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.#writeByte(128 + (rest % 128));
    this.#writeByte(rest);
  }

  #writeByte(byte: number): void {
    this.#reserve(1);
    this.#bytes[this.#end++] = byte;
  }

  #reserve(size: number): void {
    if (this.#end + size <= this.#bytes.byteLength) return;
    const larger = new Uint8Array(2 * (this.#end + size));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}

function toConstant(value: unknown): number {
  if (value === undefined) return TAGS.undefined;
  if (value === null) return TAGS.null;
  invariant(typeof value === "boolean", "what is kept packed is JSON, or undefined");
  return value ? TAGS.true : TAGS.false;
}
