import { FINDINGS_MAX } from "../limits.ts";

/** As many as one wants to read; the others are counted. */
export class BoundedList<T> {
  readonly #items: T[] = [];
  #more = 0;

  add(...items: readonly T[]): void {
    for (const item of items) {
      if (this.#items.length < FINDINGS_MAX) this.#items.push(item);
      else this.#more++;
    }
  }

  get items(): readonly T[] {
    return this.#items;
  }

  get more(): number {
    return this.#more;
  }
}
