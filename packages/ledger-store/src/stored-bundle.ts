import { LeixError, parseLeafEntry } from "@leix/protocol";
import { decodeBundle, encodeTilePath, TILE_WIDTH } from "@leix/tlog";
import type { Disk } from "./disk.ts";
import { type Erasure, isDue } from "./erasure-statement.ts";
import { encodeRecordPath } from "./layout.ts";
import { toRecordDigest } from "./record-entry.ts";
import { readRecordLines } from "./record-lines.ts";
import { findWidth } from "./tile-files.ts";

/** The widest entry bundle of its leaves that is on the disk. */
export interface StoredBundle {
  readonly entries: readonly Uint8Array[];
  /** Where the last of their records ends, in the file of records. */
  readonly recordBytes: number;
}

/**
 * Reads a bundle and sees that each of its records is there, or was erased. Null where there is no bundle.
 * Throws `ledger/store-damaged`, which names the place.
 */
export async function loadStoredBundle(
  disk: Disk,
  index: number,
  erasure: Erasure | null,
): Promise<StoredBundle | null> {
  const width = await findWidth(disk, { kind: "entries", index, width: TILE_WIDTH });
  if (width === 0) return null;
  const path = encodeTilePath({ kind: "entries", index, width });
  const bytes = (await disk.read(path)) ?? new Uint8Array();
  try {
    const entries = decodeBundle(bytes, width);
    return { entries, recordBytes: await verifyRecords(disk, index, entries, erasure) };
  } catch (cause) {
    if (!(cause instanceof LeixError) || cause.code.startsWith("ledger/store-")) throw cause;
    throw new LeixError("ledger/store-damaged", `${path}: ${cause.message}`, { cause });
  }
}

async function verifyRecords(
  disk: Disk,
  index: number,
  entries: readonly Uint8Array[],
  erasure: Erasure | null,
): Promise<number> {
  const path = encodeRecordPath(index);
  let [at, count] = [0, 0];
  for await (const line of readRecordLines(disk, path)) {
    const bytes = entries[count];
    if (!bytes) break;
    const entry = parseLeafEntry(bytes);
    const isErased = line.at === line.end && isDue(erasure, index * TILE_WIDTH + count, entry);
    const isIts = line.bytes && toRecordDigest(line.bytes) === entry.digest;
    if (!line.isEnded || !(isErased || isIts)) {
      throw new LeixError("ledger/store-damaged", `${path} from byte ${line.at}: not the record ${count}`);
    }
    [at, count] = [line.end + 1, count + 1];
  }
  if (count === entries.length) return at;
  throw new LeixError("ledger/store-damaged", `${path}: ${count} of ${entries.length} records`);
}
