/** In a layer, over a key that it has deleted. */
const GONE = Symbol("gone");

/** What a map keeps its entries in: a `Map`, or one that keeps them otherwise. */
export interface Entries<K, V> {
  get(key: K): V | undefined;
  has(key: K): boolean;
  set(key: K, value: V): unknown;
  delete(key: K): unknown;
  entries(): Iterable<[K, V]>;
}

/**
 * A map over another that it leaves untouched until told to absorb it. Steps are decided on such a layer
 * ahead of the commit: where the commit fails, the layer is dropped and nothing has happened.
 */
export class LayeredMap<K, V> {
  readonly #own: Entries<K, V | typeof GONE>;
  readonly #below: LayeredMap<K, V> | undefined;

  constructor(below?: LayeredMap<K, V>, own: Entries<K, V | typeof GONE> = new Map()) {
    this.#below = below;
    this.#own = own;
  }

  /** At the bottom, where nothing is ever gone from below. */
  static over<K, V>(own: Entries<K, V>): LayeredMap<K, V> {
    return new LayeredMap<K, V>(undefined, own);
  }

  get(key: K): V | undefined {
    const own = this.#own.get(key);
    if (own === GONE) return undefined;
    return own ?? this.#below?.get(key);
  }

  has(key: K): boolean {
    return this.get(key) !== undefined;
  }

  set(key: K, value: V): void {
    this.#own.set(key, value);
  }

  delete(key: K): void {
    if (this.#below?.has(key)) this.#own.set(key, GONE);
    else this.#own.delete(key);
  }

  /** Every entry once, the newest value of each. */
  *entries(): IterableIterator<[K, V]> {
    for (const [key, value] of this.#own.entries()) {
      if (value !== GONE) yield [key, value];
    }
    for (const entry of this.#below?.entries() ?? []) {
      if (!this.#own.has(entry[0])) yield entry;
    }
  }

  /** Takes over what a layer made from this map has set and deleted. */
  absorb(layer: LayeredMap<K, V>): void {
    for (const [key, value] of layer.#own.entries()) {
      if (value === GONE) this.delete(key);
      else this.set(key, value);
    }
  }
}
