import type { ScannedLine } from "./record-scan.ts";

/** Some records of a bundle, and the lines that stand where they should: as many, more, or fewer. */
export interface Stretch {
  /** The first of the records, counted in the bundle, and how many they are. */
  readonly first: number;
  readonly count: number;
  readonly lines: readonly ScannedLine[];
}

/**
 * Which line is which record: by what the tree has for it, so that one that is broken, missing or too many
 * does not put the others in the wrong. `find` gives the place of an entry in the bundle.
 */
export function alignLines(
  lines: readonly ScannedLine[],
  width: number,
  find: (entry: Uint8Array) => number | undefined,
): { readonly matched: (ScannedLine | undefined)[]; readonly stretches: readonly Stretch[] } {
  const matched: (ScannedLine | undefined)[] = new Array(width).fill(undefined);
  const stretches: Stretch[] = [];
  let [next, waiting]: [number, ScannedLine[]] = [0, []];
  const close = (position: number): void => {
    if (position > next || waiting.length > 0) {
      stretches.push({ first: next, count: position - next, lines: waiting });
    }
    waiting = [];
  };
  for (const line of lines) {
    const position = line.entry ? find(line.entry) : undefined;
    if (position === undefined || position < next) {
      waiting.push(line);
      continue;
    }
    close(position);
    matched[position] = line;
    next = position + 1;
  }
  close(width);
  return { matched, stretches };
}
