import { Dictionary } from "./dictionary.ts";
import { EntryReader } from "./entry-reader.ts";
import { EntryWriter } from "./entry-writer.ts";
import { Slabs } from "./slabs.ts";

const [FREE, GONE] = [0, 1] as const;
const FIRST_SLOTS = 1_024;
/** Of the slots that are not free, before the index is made anew. */
const LOAD_MAX = 0.7;
const NOT_FOUND = -1;

/**
 * A map of JSON-like values under texts that keeps nothing of them but bytes. The index is a hash table with
 * open addressing, of the places of the entries.
 */
export class PackedEntries {
  readonly #writer: EntryWriter;
  readonly #reader: EntryReader;
  readonly #slabs = new Slabs();
  /** So that nobody can choose many keys that fall into one slot. */
  readonly #seed = toWord(crypto.getRandomValues(new Uint8Array(4)), 0);
  #index = new Uint32Array(FIRST_SLOTS);
  #size = 0;
  /** Slots that are not free. */
  #taken = 0;

  constructor() {
    const dictionary = new Dictionary();
    this.#writer = new EntryWriter(dictionary);
    this.#reader = new EntryReader(dictionary);
  }

  get(key: string): unknown {
    const slot = this.#find(key);
    return slot === NOT_FOUND ? undefined : this.#read(this.#place(slot))[1];
  }

  has(key: string): boolean {
    return this.#find(key) !== NOT_FOUND;
  }

  set(key: string, value: unknown): void {
    const { bytes, keyBytes } = this.#writer.write(key, value);
    const name = bytes.subarray(0, keyBytes);
    const hash = this.#hash(name);
    const place = this.#slabs.append(hash, bytes);
    const slot = this.#findSlot(hash, (other) => this.#slabs.startsWith(other, name));
    if (slot === NOT_FOUND) {
      this.#size++;
      this.#insert(hash, place);
    } else this.#replace(slot, place);
  }

  delete(key: string): void {
    const slot = this.#find(key);
    if (slot === NOT_FOUND) return;
    this.#size--;
    this.#replace(slot, GONE);
  }

  /** In no order. Nothing may be set or deleted meanwhile. */
  *entries(): IterableIterator<readonly [key: string, value: unknown]> {
    for (const place of this.#index) if (place >= Slabs.FIRST) yield this.#read(place);
  }

  #read(place: number): readonly [key: string, value: unknown] {
    return this.#reader.read(...this.#slabs.locate(place));
  }

  #find(key: string): number {
    const name = this.#writer.writeKey(key);
    return this.#findSlot(this.#hash(name), (place) => this.#slabs.startsWith(place, name));
  }

  #findSlot(hash: number, isMeant: (place: number) => boolean): number {
    const mask = this.#index.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const place = this.#place(slot);
      if (place === FREE) return NOT_FOUND;
      if (place !== GONE && this.#slabs.hash(place) === hash && isMeant(place)) return slot;
    }
  }

  #place(slot: number): number {
    return this.#index[slot] ?? FREE;
  }

  #insert(hash: number, place: number): void {
    if (this.#taken >= this.#index.length * LOAD_MAX) this.#makeAnew();
    this.#put(hash, place);
  }

  #put(hash: number, place: number): void {
    const mask = this.#index.length - 1;
    let slot = hash & mask;
    while (this.#place(slot) !== FREE) slot = (slot + 1) & mask;
    this.#index[slot] = place;
    this.#taken++;
  }

  #makeAnew(): void {
    const before = this.#index;
    const isFull = this.#size * 2 > before.length * LOAD_MAX;
    this.#index = new Uint32Array(isFull ? before.length * 2 : before.length);
    this.#taken = 0;
    for (const place of before) if (place >= Slabs.FIRST) this.#put(this.#slabs.hash(place), place);
  }

  #replace(slot: number, place: number): void {
    const before = this.#place(slot);
    this.#index[slot] = place;
    const slab = this.#slabs.letGo(before);
    if (slab !== undefined) this.#empty(slab);
  }

  /** Moves what is still in use of a slab. */
  #empty(slab: number): void {
    for (const place of this.#slabs.places(slab)) {
      const hash = this.#slabs.hash(place);
      const slot = this.#findSlot(hash, (other) => other === place);
      if (slot !== NOT_FOUND) this.#index[slot] = this.#slabs.append(hash, this.#slabs.bytes(place));
    }
    this.#slabs.drop(slab);
  }

  /** MurmurHash3, 32 bits, of words and not of what is left at the end but as one more. */
  #hash(bytes: Uint8Array): number {
    let hash = this.#seed;
    for (let at = 0; at < bytes.byteLength; at += 4) {
      const word = Math.imul(toWord(bytes, at), 0xcc9e2d51);
      hash ^= Math.imul((word << 15) | (word >>> 17), 0x1b873593);
      hash = Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64;
    }
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return (hash ^ (hash >>> 16)) >>> 0;
  }
}

/** Beyond the end are zeros. */
function toWord(bytes: Uint8Array, at: number): number {
  const byte = (place: number): number => bytes[at + place] ?? 0;
  return byte(0) | (byte(1) << 8) | (byte(2) << 16) | (byte(3) << 24);
}
