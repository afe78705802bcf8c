import { type ErrorCode, LeixError, parseRecord } from "@leix/protocol";
import type { Disk } from "../disk.ts";
import { BUNDLE_RECORDS_MAX } from "../limits.ts";
import { encodeRecordEntry } from "../record-entry.ts";
import { readRecordLines } from "../record-lines.ts";

/** A line of a file of records, without its bytes. */
export interface ScannedLine {
  readonly at: number;
  /** After the last byte, without the line end. */
  readonly end: number;
  readonly isEnded: boolean;
  /** What the tree would have for this record. Null where it has not the form of one. */
  readonly entry: Uint8Array | null;
  /** Why `parseRecord` refuses it; null where it does not, or was not asked. */
  readonly refusal: ErrorCode | null;
}

/** As many lines as tell what became of a bundle's records. */
const LINES_MAX = 2 * BUNDLE_RECORDS_MAX;

/** Null where there is no such file. What is past LINES_MAX is one more line. */
export async function scanRecords(
  disk: Disk,
  path: string,
  isParsed: boolean,
): Promise<readonly ScannedLine[] | null> {
  const size = await disk.size(path);
  if (size === null) return null;
  const lines: ScannedLine[] = [];
  for await (const { at, end, bytes, isEnded } of readRecordLines(disk, path)) {
    if (lines.length === LINES_MAX) {
      lines.push({ at, end: size, isEnded: false, entry: null, refusal: null });
      break;
    }
    const entry = bytes && attempt(() => encodeRecordEntry(bytes)).value;
    const refusal = entry && isParsed ? attempt(() => parseRecord(bytes)).code : null;
    lines.push({ at, end, isEnded, entry, refusal });
  }
  return lines;
}

function attempt<T>(work: () => T): { value: T | null; code: ErrorCode | null } {
  try {
    return { value: work(), code: null };
  } catch (error) {
    if (error instanceof LeixError) return { value: null, code: error.code };
    throw error;
  }
}
