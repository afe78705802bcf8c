import { invariant } from "@leix/protocol";
import { DIGEST_BYTES, takeDigest, takeUuid, UUID_BYTES } from "./binary-text.ts";
import type { Dictionary } from "./dictionary.ts";
import { NUMBER_BYTES, SHORT, TAGS } from "./layout.ts";

const NOTHING = new Uint8Array();

/** Reads what a writer with the same dictionary has written. */
export class EntryReader {
  readonly #dictionary: Dictionary;
  #bytes: Uint8Array = NOTHING;
  #at = 0;
  #said: string[] = [];

  constructor(dictionary: Dictionary) {
    this.#dictionary = dictionary;
  }

  /** The entry that begins there. */
  read(bytes: Uint8Array, at: number): readonly [key: string, value: unknown] {
    this.#bytes = bytes;
    this.#at = at;
    this.#said = [];
    const key = this.#readValue();
    invariant(typeof key === "string", "every entry begins with its key");
    return [key, this.#readValue()];
  }

  #readValue(): unknown {
    const tag = this.#readByte();
    if (tag >= SHORT.known.first) return this.#dictionary.text(tag - SHORT.known.first);
    if (tag >= SHORT.said.first) return this.#said[tag - SHORT.said.first];
    if (tag >= SHORT.array.first) return this.#readArray(tag - SHORT.array.first);
    switch (tag) {
      case TAGS.undefined:
        return undefined;
      case TAGS.null:
        return null;
      case TAGS.false:
        return false;
      case TAGS.true:
        return true;
      case TAGS.whole:
        return this.#readWhole();
      case TAGS.number:
        return new DataView(this.#bytes.buffer, this.#bytes.byteOffset).getFloat64(this.#skip(NUMBER_BYTES));
      case TAGS.known:
        return this.#dictionary.text(this.#readWhole());
      case TAGS.text:
        return this.#readUnits();
      case TAGS.uuid:
        return this.#say(takeUuid(this.#bytes, this.#skip(UUID_BYTES)));
      case TAGS.digest:
        return this.#say(takeDigest(this.#bytes, this.#skip(DIGEST_BYTES)));
      case TAGS.pair:
        return `${this.#readValue()}/${this.#readValue()}`;
      case TAGS.array:
        return this.#readArray(this.#readWhole());
      default:
        invariant(tag === TAGS.object, "the layout has no other first byte");
        return this.#readObject();
    }
  }

  #readArray(length: number): unknown[] {
    const values: unknown[] = [];
    for (let at = 0; at < length; at++) values.push(this.#readValue());
    return values;
  }

  #readObject(): object {
    const value: Record<string, unknown> = {};
    for (const name of this.#dictionary.shape(this.#readWhole())) value[name] = this.#readValue();
    return value;
  }

  #readUnits(): string {
    const length = this.#readWhole();
    let text = "";
    for (let at = 0; at < length; at++) text += String.fromCharCode(this.#readWhole());
    return text;
  }

  #readWhole(): number {
    let [value, unit] = [0, 1];
    for (;;) {
      const byte = this.#readByte();
      if (byte < 128) return value + byte * unit;
      value += (byte - 128) * unit;
      unit *= 128;
    }
  }

  #readByte(): number {
    return this.#bytes[this.#at++] ?? 0;
  }

  /** Where so many bytes begin. */
  #skip(size: number): number {
    this.#at += size;
    return this.#at - size;
  }

  #say(text: string): string {
    if (this.#said.length < SHORT.said.count) this.#said.push(text);
    return text;
  }
}
