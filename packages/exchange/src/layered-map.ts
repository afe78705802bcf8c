/** In a layer, over a key that it has deleted. */
const GONE = Symbol("gone");

/**
 * A map over another that it leaves untouched until told to absorb it. Steps are decided on such a layer
 * ahead of the commit: where the commit fails, the layer is dropped and nothing has happened.
 */
export class LayeredMap<K, V> {
  readonly #own = new Map<K, V | typeof GONE>();
  readonly #below: LayeredMap<K, V> | undefined;

  constructor(below?: LayeredMap<K, V>) {
    this.#below = below;
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
    for (const [key, value] of this.#own) {
      if (value !== GONE) yield [key, value];
    }
    for (const entry of this.#below?.entries() ?? []) {
      if (!this.#own.has(entry[0])) yield entry;
    }
  }

  /** Takes over what a layer made from this map has set and deleted. */
  absorb(layer: LayeredMap<K, V>): void {
    for (const [key, value] of layer.#own) {
      if (value === GONE) this.delete(key);
      else this.set(key, value);
    }
  }
}
