import { readdirSync, readFileSync } from "node:fs";
import type { Vector } from "./run.ts";

export const VECTORS_FOLDER = new URL(".", import.meta.url);

/**
 * Every vector of one folder, by its file's name. An empty or missing folder is an error: it would prove
 * nothing.
 */
export function readVectors(folder: "valid" | "invalid"): [string, Vector][] {
  const url = new URL(`${folder}/`, VECTORS_FOLDER);
  const names = readdirSync(url).filter((name) => name.endsWith(".json"));
  if (names.length === 0) throw new Error(`no vectors in ${url.pathname}`);
  return names
    .toSorted()
    .map((name) => [`${folder}/${name}`, JSON.parse(readFileSync(new URL(name, url), "utf8"))]);
}

const LINE_COLUMNS_MAX = 110;

/** JSON as the formatter of this repo leaves it, so that what is written is what is checked in. */
export function toJsonText(value: unknown): string {
  return `${print(value, "", 0)}\n`;
}

/** `before` is how much already stands on the line. */
function print(value: unknown, indent: string, before: number): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const inner = `${indent}  `;
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  if (entries.length === 0) return open + close;
  if (Array.isArray(value) && isFlat(value)) {
    const line = `[${value.map((member) => print(member, "", 0)).join(", ")}]`;
    if (before + line.length < LINE_COLUMNS_MAX) return line;
  }
  const lines = entries.map(([name, member]) => {
    const label = Array.isArray(value) ? "" : `${JSON.stringify(name)}: `;
    return `${inner}${label}${print(member, inner, inner.length + label.length)}`;
  });
  return `${open}\n${lines.join(",\n")}\n${indent}${close}`;
}

function isFlat(value: readonly unknown[]): boolean {
  return value.every((member) =>
    Array.isArray(member) ? isFlat(member) : typeof member !== "object" || member === null,
  );
}
