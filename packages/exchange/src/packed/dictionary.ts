/** What is longer, or comes when there are so many, is written out. */
const TEXT_CHARACTERS_MAX = 64;
const TEXTS_MAX = 16_384;

/** What writers and readers of the same bytes share. It only grows: what is written can always be read. */
export class Dictionary {
  readonly #texts: string[] = [];
  readonly #textNumbers = new Map<string, number>();
  readonly #shapes: (readonly string[])[] = [];
  readonly #shapeNumbers = new Map<string, number>();

  /** Undefined for a text that is to be written out. */
  findText(text: string): number | undefined {
    return this.#textNumbers.get(text);
  }

  learnText(text: string): number | undefined {
    const known = this.#textNumbers.get(text);
    const isNew = known === undefined && text.length <= TEXT_CHARACTERS_MAX;
    if (!isNew || this.#texts.length === TEXTS_MAX) return known;
    this.#textNumbers.set(text, this.#texts.length);
    return this.#texts.push(text) - 1;
  }

  text(number: number): string {
    return this.#texts[number] ?? "";
  }

  learnShape(names: readonly string[]): number {
    const name = JSON.stringify(names);
    const known = this.#shapeNumbers.get(name);
    if (known !== undefined) return known;
    this.#shapeNumbers.set(name, this.#shapes.length);
    return this.#shapes.push(names) - 1;
  }

  shape(number: number): readonly string[] {
    return this.#shapes[number] ?? [];
  }
}
