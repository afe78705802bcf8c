/**
 * A map over another that it leaves untouched until told to absorb it. Steps are decided on such a layer
 * ahead of the commit: where the commit fails, the layer is dropped and nothing has happened.
 */
export class LayeredMap<K, V> {
  readonly #own = new Map<K, V>();
  readonly #below: LayeredMap<K, V> | undefined;

  constructor(below?: LayeredMap<K, V>) {
    this.#below = below;
  }

  get(key: K): V | undefined {
    return this.#own.get(key) ?? this.#below?.get(key);
  }

  has(key: K): boolean {
    return this.get(key) !== undefined;
  }

  set(key: K, value: V): void {
    this.#own.set(key, value);
  }

  /** Every entry once, the newest value of each. */
  *entries(): IterableIterator<[K, V]> {
    yield* this.#own;
    for (const entry of this.#below?.entries() ?? []) {
      if (!this.#own.has(entry[0])) yield entry;
    }
  }

  /** Takes over what a layer made from this map has set. */
  absorb(layer: LayeredMap<K, V>): void {
    for (const [key, value] of layer.#own) this.#own.set(key, value);
  }
}
