import pc from "picocolors";

type Colours = ReturnType<typeof pc.createColors>;

/** Where words for people go: colours where someone looks at it, plain text where it goes on into a file. */
export interface Paper {
  readonly colours: Colours;
  readonly columns: number;
  line(text?: string): void;
}

const COLUMNS_DEFAULT = 100;
const COLUMNS_MIN = 60;

export interface Screen {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export function createPaper(screen: Screen): Paper {
  return {
    colours: pc.createColors(screen.isTTY === true),
    columns: Math.max(COLUMNS_MIN, Math.min(screen.columns ?? COLUMNS_DEFAULT, COLUMNS_DEFAULT)),
    line: (text = "") => void screen.write(`${text}\n`),
  };
}

/**
 * Rows under each other, each column as wide as its widest cell. Colours go on afterwards, around whole rows.
 */
export function alignRows(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  }
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

/** Breaks a text at its spaces so that no line is longer, where its words allow that. */
export function wrapText(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    if (line !== "" && line.length + word.length >= columns) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/**
 * What another party wrote, fit for a terminal: control characters could move the cursor, and direction marks
 * could make a text read as another one. They are shown by their numbers; line breaks and tabs stay.
 */
export function toSafeText(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    if (character === "\n" || character === "\t") return character;
    return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
  });
}

/** `2027-01-15 08:00 UTC`. */
export function toTimeText(seconds: number): string {
  return `${new Date(seconds * 1_000).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
