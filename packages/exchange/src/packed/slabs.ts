import { invariant } from "@leix/protocol";

// Entries lie one behind the other in slabs, each at a multiple of four bytes:
//
//   hash (32 bits) | how many words the entry takes, these two included (32 bits) | bytes
//
// Nothing that lies there is changed. Entries that are let go leave their bytes behind, until too little of a
// slab is in use: then whoever keeps the places moves the rest, and the slab is dropped.

const WORD_BYTES = 4;
const HEADER_WORDS = 2;
const SLAB_WORDS = 65_536;
/** Of what was appended to a slab, below which it is emptied: moving is cheap beside packing. */
const USED_MIN = 0.75;

interface Slab {
  readonly bytes: Uint8Array;
  /** The same memory. */
  readonly words: Uint32Array;
  endWord: number;
  usedWords: number;
}

/** Memory of its own for what is many and small. A place is a number of 32 bits, never 0 or 1. */
export class Slabs {
  readonly #slabs: (Slab | undefined)[] = [];
  /** Numbers of those that were dropped. */
  readonly #spare: number[] = [];
  #current = -1;

  /** Places are no lower. */
  static readonly FIRST = 2;

  append(hash: number, bytes: Uint8Array): number {
    const words = HEADER_WORDS + Math.ceil(bytes.byteLength / WORD_BYTES);
    const slab = this.#slabs[this.#current];
    const current = slab && slab.endWord + words <= slab.words.length ? slab : this.#start(words);
    const word = current.endWord;
    current.words[word] = hash;
    current.words[word + 1] = words;
    current.bytes.set(bytes, (word + HEADER_WORDS) * WORD_BYTES);
    current.endWord += words;
    current.usedWords += words;
    return Slabs.FIRST + this.#current * SLAB_WORDS + word;
  }

  hash(place: number): number {
    return this.#slab(place).words[toWord(place)] ?? 0;
  }

  /** Whether the bytes there begin with these. */
  startsWith(place: number, start: Uint8Array): boolean {
    const { bytes } = this.#slab(place);
    const from = toOffset(place);
    for (let at = 0; at < start.byteLength; at++) if (bytes[from + at] !== start[at]) return false;
    return true;
  }

  /** Where the bytes of a place are: those of its slab, and the first that is its own. */
  locate(place: number): readonly [bytes: Uint8Array, at: number] {
    return [this.#slab(place).bytes, toOffset(place)];
  }

  /** The number of its slab, where that is to be emptied now. */
  letGo(place: number): number | undefined {
    const slab = this.#slab(place);
    slab.usedWords -= slab.words[toWord(place) + 1] ?? 0;
    const number = toNumber(place);
    return number !== this.#current && slab.usedWords < slab.endWord * USED_MIN ? number : undefined;
  }

  /** All of a slab's places, also those that were let go. */
  *places(number: number): IterableIterator<number> {
    const slab = this.#slabs[number];
    for (let word = 0; slab && word < slab.endWord; word += slab.words[word + 1] ?? SLAB_WORDS) {
      yield Slabs.FIRST + number * SLAB_WORDS + word;
    }
  }

  /** The bytes of a place in another slab, to be appended again; some at the end may be of no meaning. */
  bytes(place: number): Uint8Array {
    const { bytes, words } = this.#slab(place);
    const end = (toWord(place) + (words[toWord(place) + 1] ?? 0)) * WORD_BYTES;
    return bytes.subarray(toOffset(place), end);
  }

  drop(number: number): void {
    this.#slabs[number] = undefined;
    this.#spare.push(number);
  }

  /** What is larger than any slab has one of its own. */
  #start(words: number): Slab {
    const bytes = new Uint8Array(Math.max(SLAB_WORDS, words) * WORD_BYTES);
    const slab = { bytes, words: new Uint32Array(bytes.buffer), endWord: 0, usedWords: 0 };
    this.#current = this.#spare.pop() ?? this.#slabs.length;
    this.#slabs[this.#current] = slab;
    return slab;
  }

  #slab(place: number): Slab {
    const slab = this.#slabs[toNumber(place)];
    invariant(slab, "a place is kept as long as what lies there");
    return slab;
  }
}

function toNumber(place: number): number {
  return Math.floor((place - Slabs.FIRST) / SLAB_WORDS);
}

function toWord(place: number): number {
  return (place - Slabs.FIRST) % SLAB_WORDS;
}

function toOffset(place: number): number {
  return (toWord(place) + HEADER_WORDS) * WORD_BYTES;
}
