import canonicalize from "canonicalize";
import { decodeUtf8, encodeUtf8 } from "./bytes.ts";
import { invariant, LeixError } from "./errors.ts";
import { JSON_DEPTH_MAX } from "./limits.ts";

/** RFC 8785 text of a JSON value. */
export function encodeCanonical(value: unknown): string {
  const text = encodePlainly(value) ?? canonicalize(value);
  invariant(text !== undefined, "only JSON values have a canonical form");
  return text;
}

/** The texts of values that cannot change any more, for as long as those are there. */
const FROZEN_TEXTS = new WeakMap<object, string>();

/** The same of a value that may come many times: where it is frozen, to its last member, it is kept. */
export function encodeCanonicalOnce(value: object): string {
  const known = FROZEN_TEXTS.get(value);
  if (known !== undefined) return known;
  const text = encodeCanonical(value);
  if (isFrozen(value)) FROZEN_TEXTS.set(value, text);
  return text;
}

function isFrozen(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return true;
  return Object.isFrozen(value) && Object.values(value).every(isFrozen);
}

/**
 * Parses JSON and refuses every spelling but the canonical one, which also rules out duplicate members.
 * Throws `input/too-large`, `input/not-json`, `input/too-deep`, `input/not-canonical`.
 */
export function parseCanonical(bytes: Uint8Array, bytesMax: number): unknown {
  if (bytes.byteLength > bytesMax) {
    throw new LeixError("input/too-large", `${bytes.byteLength} of at most ${bytesMax} bytes`);
  }
  return parseCanonicalText(decodeUtf8(bytes));
}

/** The same for text whose size the caller has bounded. */
export function parseCanonicalText(text: string): unknown {
  refuseDeepJson(text);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The engine's own error quotes the text it failed on, which may be a decrypted body: it is not kept.
    throw new LeixError("input/not-json");
  }
  if (!isPlainlyCanonical(value, text) && canonicalText(value) !== text) {
    throw new LeixError("input/not-canonical");
  }
  return value;
}

/**
 * The quick way to see that a text is canonical: JSON.stringify makes it again, and all its members are in
 * order. It spells numbers and strings as RFC 8785 does (that is where RFC 8785 has it from), but writes a
 * lone surrogate as an escape. False says nothing.
 */
function isPlainlyCanonical(value: unknown, text: string): boolean {
  return JSON.stringify(value) === text && !text.includes(SURROGATE_ESCAPE) && isInOrder(value);
}

const SURROGATE_ESCAPE = String.raw`\ud`;

/** Whether the members of every object are in the order of their UTF-16 code units. */
function isInOrder(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (Array.isArray(value)) return value.every(isInOrder);
  const members = value as Members;
  let last = "";
  for (const name of Object.keys(members)) {
    if (name < last || !isInOrder(members[name])) return false;
    last = name;
  }
  return true;
}

type Members = Readonly<Record<string, unknown>>;

/**
 * The quick way to the canonical text: of members in order, it is what JSON.stringify makes. Undefined where
 * that might not be so.
 */
function encodePlainly(value: unknown): string | undefined {
  const ordered = toOrdered(value);
  if (ordered === undefined) return undefined;
  const text = JSON.stringify(ordered);
  return text.includes(SURROGATE_ESCAPE) ? undefined : text;
}

/** The value itself where all is in order; undefined for what is no plain JSON, or cannot be put in order. */
function toOrdered(value: unknown): unknown {
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  if (typeof value !== "object")
    return typeof value === "string" || typeof value === "boolean" ? value : undefined;
  if (value === null) return value;
  if (Array.isArray(value)) return toOrderedArray(value);
  return Object.getPrototypeOf(value) === Object.prototype ? toOrderedObject(value as Members) : undefined;
}

function toOrderedArray(elements: readonly unknown[]): readonly unknown[] | undefined {
  let copy: unknown[] | undefined;
  for (let i = 0; i < elements.length; i++) {
    const ordered = toOrdered(elements[i]);
    if (ordered === undefined) return undefined;
    if (ordered === elements[i]) continue;
    copy ??= [...elements];
    copy[i] = ordered;
  }
  return copy ?? elements;
}

/** Each member is put in order once: what is nested deeply takes no longer for that. */
function toOrderedObject(members: Members): Members | undefined {
  const names = Object.keys(members);
  let copy: Record<string, unknown> | undefined;
  let isInOrder = true;
  let last = "";
  for (const name of names) {
    // The engine has an order of its own for names that are numbers, and a meaning for one other.
    if (NOT_ORDERED.test(name)) return undefined;
    const value = members[name];
    const ordered = value === undefined ? value : toOrdered(value);
    if (ordered === undefined && value !== undefined) return undefined;
    if (ordered !== value) {
      copy ??= { ...members };
      copy[name] = ordered;
    }
    isInOrder &&= last <= name;
    last = name;
  }
  const done = copy ?? members;
  if (isInOrder) return done;
  const sorted = names.sort((one, other) => (one < other ? -1 : 1));
  return Object.fromEntries(sorted.map((name) => [name, done[name]]));
}

const NOT_ORDERED = /^(?:[0-9]|__proto__$)/;

/** Canonical UTF-8 bytes of a JSON value. */
export function encodeCanonicalBytes(value: unknown): Uint8Array<ArrayBuffer> {
  return encodeUtf8(encodeCanonical(value));
}

/** Null where the value has no canonical form: a lone surrogate is JSON, but not I-JSON (RFC 7493). */
function canonicalText(value: unknown): string | null {
  try {
    return encodeCanonical(value);
  } catch {
    return null;
  }
}

const [QUOTE, BACKSLASH, OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET] = [34, 92, 123, 125, 91, 93];

/** A bound on nesting before anything recursive touches the text. */
function refuseDeepJson(text: string): void {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) i = findStringEnd(text, i);
    else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      depth++;
      if (depth > JSON_DEPTH_MAX) throw new LeixError("input/too-deep", `more than ${JSON_DEPTH_MAX} levels`);
    } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) depth--;
  }
}

/** Where the string that begins at a quote ends: at the next quote that no backslash stands for. */
function findStringEnd(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return end;
  }
  return text.length;
}
