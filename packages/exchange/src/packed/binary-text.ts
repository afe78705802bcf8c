// UUIDs and digests as the bytes that they stand for: less than half of their text.

export const UUID_BYTES = 16;
export const DIGEST_BYTES = 32;

export const UUID_CHARACTERS = 36;
export const DIGEST_CHARACTERS = 43;
const HYPHEN = 45;
/** What comes before the hyphens of a UUID, in bytes. */
const HYPHENS_BEFORE: readonly number[] = [4, 6, 8, 10];

const HEX = toCodes("0123456789abcdef");
const BASE64URL = toCodes("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");
const NONE = 255;
const HEX_VALUES = toValues(HEX);
const BASE64URL_VALUES = toValues(BASE64URL);

/** False, with anything written, for what is no UUID in lower case. */
export function putUuid(text: string, bytes: Uint8Array, at: number): boolean {
  if (text.length !== UUID_CHARACTERS) return false;
  for (let [byte, from] = [0, 0]; byte < UUID_BYTES; byte++, from += 2) {
    if (HYPHENS_BEFORE.includes(byte) && text.charCodeAt(from++) !== HYPHEN) return false;
    const [high, low] = [toValue(HEX_VALUES, text, from), toValue(HEX_VALUES, text, from + 1)];
    if (high === NONE || low === NONE) return false;
    bytes[at + byte] = high * 16 + low;
  }
  return true;
}

export function takeUuid(bytes: Uint8Array, at: number): string {
  const codes = new Array<number>(UUID_CHARACTERS);
  for (let [byte, to] = [0, 0]; byte < UUID_BYTES; byte++, to += 2) {
    if (HYPHENS_BEFORE.includes(byte)) codes[to++] = HYPHEN;
    const value = bytes[at + byte] ?? 0;
    codes[to] = HEX[value >> 4] ?? 0;
    codes[to + 1] = HEX[value & 15] ?? 0;
  }
  return String.fromCharCode(...codes);
}

/** False, with anything written, for what is no base64url of 32 bytes in its one canonical spelling. */
export function putDigest(text: string, bytes: Uint8Array, at: number): boolean {
  if (text.length !== DIGEST_CHARACTERS) return false;
  let [bits, held, to] = [0, 0, at];
  for (let from = 0; from < DIGEST_CHARACTERS; from++) {
    const value = toValue(BASE64URL_VALUES, text, from);
    if (value === NONE) return false;
    bits = ((bits << 6) | value) & 0xffff;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes[to++] = bits >> held;
  }
  return (bits & ((1 << held) - 1)) === 0;
}

export function takeDigest(bytes: Uint8Array, at: number): string {
  const codes = new Array<number>(DIGEST_CHARACTERS);
  let [bits, held, from] = [0, 0, at];
  for (let to = 0; to < DIGEST_CHARACTERS; to++) {
    if (held < 6) {
      const next = from < at + DIGEST_BYTES ? (bytes[from++] ?? 0) : 0;
      bits = ((bits << 8) | next) & 0xffff;
      held += 8;
    }
    held -= 6;
    codes[to] = BASE64URL[(bits >> held) & 63] ?? 0;
  }
  return String.fromCharCode(...codes);
}

function toValue(values: Uint8Array, text: string, at: number): number {
  return values[text.charCodeAt(at)] ?? NONE;
}

function toCodes(alphabet: string): readonly number[] {
  return Array.from(alphabet, (character) => character.charCodeAt(0));
}

function toValues(codes: readonly number[]): Uint8Array {
  const values = new Uint8Array(128).fill(NONE);
  for (const [value, code] of codes.entries()) values[code] = value;
  return values;
}
