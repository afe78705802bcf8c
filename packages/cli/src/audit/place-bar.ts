/** A stretch of a file, in bytes. */
export interface FilePlace {
  readonly offset: number;
  /** Of the whole file. */
  readonly size: number;
}

const CELLS = 60;

/**
 * Draws where in a file something is, over its whole length: `█` what comes before and was checked, `✗`
 * the place itself, `·` what comes after and was not. Each cell stands for the same number of bytes.
 */
export function drawPlace({ offset, size }: FilePlace, cells = CELLS): string {
  const cell = Math.min(cells - 1, Math.max(0, Math.floor((offset / Math.max(1, size)) * cells)));
  return `▕${"█".repeat(cell)}✗${"·".repeat(cells - cell - 1)}▏`;
}
