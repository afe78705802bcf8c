import type { ErrorCode } from "@leix/protocol";

/** One thing that is not as it must be. */
export interface Finding {
  readonly code: ErrorCode;
  /** Below the store's folder. */
  readonly file: string;
  /** The byte at which it begins, where that is known. */
  readonly at?: number;
  /** The byte before which what is wrong ends, where that is known. */
  readonly end?: number;
  /** In words. */
  readonly detail: string;
}

/** Where two texts of bytes differ first: after the shorter, where that is the beginning of the other. */
export function findDifference(a: Uint8Array, b: Uint8Array): number | null {
  if (a.byteLength === b.byteLength && Buffer.compare(a, b) === 0) return null;
  const length = Math.min(a.byteLength, b.byteLength);
  for (let at = 0; at < length; at++) if (a[at] !== b[at]) return at;
  return length;
}
