/** A piece of HTML or SVG, as it is. Made by `markup`, or of a fixed text of our own. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Part = string | number | Markup | readonly Markup[];

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Escapes what is put in, wherever it is put: as text, or as an attribute's value between quotes. */
export function markup(pieces: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  const text = pieces.map((piece, i) => piece + (i < parts.length ? toText(parts[i] ?? "") : ""));
  return new Markup(text.join(""));
}

function toText(part: Part): string {
  if (part instanceof Markup) return part.text;
  if (typeof part === "number") return String(part);
  if (typeof part !== "string") return part.map(({ text }) => text).join("");
  return part.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
}
