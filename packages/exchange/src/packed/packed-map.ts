import { PackedEntries } from "./packed-entries.ts";

/** How a value is put as JSON, and made of it again. Undefined members stay as they are. */
export interface JsonForm<V> {
  toJson(value: V): unknown;
  fromJson(json: unknown): V;
}

export interface PackedMapLimits {
  /** What was set last is at hand as it is: between one and two times so many. */
  readonly recent: number;
  /** And so much of what was asked for last. */
  readonly read: number;
}

const LIMITS: PackedMapLimits = { recent: 2_048, read: 1_024 };

/**
 * A map under texts, for what is kept long and seldom asked for: it packs what was not set lately. Values are
 * never changed in place, so that whether one comes as it was or made again makes no difference.
 */
export class PackedMap<V> {
  readonly #form: JsonForm<V>;
  readonly #limits: PackedMapLimits;
  readonly #packed = new PackedEntries();
  #recent = new Map<string, V>();
  /** Were recent; what was set again since is among the recent too, and counts there. */
  #aging = new Map<string, V>();
  /** Unpacked, and as they are in there. */
  readonly #read = new Map<string, V>();

  constructor(form: JsonForm<V>, limits = LIMITS) {
    this.#form = form;
    this.#limits = limits;
  }

  get(key: string): V | undefined {
    return this.#recent.get(key) ?? this.#aging.get(key) ?? this.#read.get(key) ?? this.#unpack(key);
  }

  has(key: string): boolean {
    return this.#recent.has(key) || this.#aging.has(key) || this.#packed.has(key);
  }

  set(key: string, value: V): void {
    this.#read.delete(key);
    this.#recent.set(key, value);
    if (this.#recent.size < this.#limits.recent) return;
    for (const [name, aged] of this.#aging) {
      if (!this.#recent.has(name)) this.#packed.set(name, this.#form.toJson(aged));
    }
    this.#aging = this.#recent;
    this.#recent = new Map();
  }

  delete(key: string): void {
    this.#recent.delete(key);
    this.#aging.delete(key);
    this.#read.delete(key);
    this.#packed.delete(key);
  }

  /** Every entry once, in no order. Nothing may be set or deleted meanwhile. */
  *entries(): IterableIterator<[string, V]> {
    yield* this.#recent;
    for (const entry of this.#aging) if (!this.#recent.has(entry[0])) yield entry;
    for (const [key, json] of this.#packed.entries()) {
      if (!this.#recent.has(key) && !this.#aging.has(key)) yield [key, this.#form.fromJson(json)];
    }
  }

  #unpack(key: string): V | undefined {
    const json = this.#packed.get(key);
    if (json === undefined) return undefined;
    const value = this.#form.fromJson(json);
    if (this.#read.size === this.#limits.read) this.#read.clear();
    this.#read.set(key, value);
    return value;
  }
}
