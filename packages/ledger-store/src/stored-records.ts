import { type LeafEntry, LeixError, parseLeafEntry } from "@leix/protocol";
import { decodeBundle, encodeTilePath, listBundles } from "@leix/tlog";
import type { Disk } from "./disk.ts";
import { type Erasure, isDue, loadVerifiedErasure } from "./erasure-statement.ts";
import { encodeRecordPath } from "./layout.ts";
import { BUNDLE_RECORDS_MAX } from "./limits.ts";
import { toRecordDigest } from "./record-entry.ts";
import { type RecordLine, readRecordLines } from "./record-lines.ts";
import { loadTile } from "./tile-files.ts";

/** A leaf as the tree has it. */
export interface StoredEntry extends LeafEntry {
  readonly index: number;
  /** What is hashed into the tree. */
  readonly bytes: Uint8Array;
}

/** A leaf with its record, which is the one whose digest it has. Null for one that was erased. */
export interface StoredRecord {
  readonly index: number;
  readonly entry: StoredEntry;
  readonly record: Uint8Array | null;
}

/** The entries from `begin` to before `end` of a tree. Throws `ledger/store-damaged`, `tlog/size`. */
export async function* readEntries(
  disk: Disk,
  begin: number,
  end: number,
  size: number,
): AsyncGenerator<StoredEntry, void> {
  for (const bundle of listBundles(begin, end, size)) {
    const path = encodeTilePath(bundle);
    const bytes = await loadTile(disk, bundle);
    if (!bytes) throw new LeixError("ledger/store-damaged", `${path} is not there`);
    const first = bundle.index * BUNDLE_RECORDS_MAX;
    for (const [at, entry] of attempt(path, () => decodeBundle(bytes, bundle.width)).entries()) {
      const index = first + at;
      if (index < begin || index >= end) continue;
      yield { index, bytes: entry, ...attempt(`${path}: entry ${at}`, () => parseLeafEntry(entry)) };
    }
  }
}

/** The same with their records. One that is missing is erased where the store says so, below a seal. */
export async function* readRecords(
  disk: Disk,
  begin: number,
  end: number,
  size: number,
): AsyncGenerator<StoredRecord, void> {
  let known: Erasure | null = null;
  let lines = new BundleLines(disk, 0);
  for await (const entry of readEntries(disk, begin, end, size)) {
    const { index } = entry;
    const bundle = Math.floor(index / BUNDLE_RECORDS_MAX);
    if (lines.bundle !== bundle) lines = new BundleLines(disk, bundle);
    let record = toRecord(await lines.find(index), entry);
    if (record === undefined) {
      // The file may just have been replaced by one with records erased: then all lines are elsewhere.
      lines = new BundleLines(disk, bundle);
      record = toRecord(await lines.find(index), entry);
    }
    if (record === undefined) {
      throw new LeixError("ledger/store-damaged", `${encodeRecordPath(bundle)}: not the record ${index}`);
    }
    if (record === null && !isDue(known, index, entry)) {
      known = await loadVerifiedErasure(disk);
      if (!isDue(known, index, entry)) throw toMissing(index, bundle);
    }
    yield { index, entry, record };
  }
}

function toMissing(index: number, bundle: number): LeixError {
  const detail = `record ${index} is missing, and not one that was erased`;
  return new LeixError("ledger/store-damaged", `${encodeRecordPath(bundle)}: ${detail}`);
}

/** The lines of a file of records, each of them once, in order. */
class BundleLines {
  readonly bundle: number;
  readonly #lines: AsyncGenerator<RecordLine, void>;
  #next: number;

  constructor(disk: Disk, bundle: number) {
    this.bundle = bundle;
    this.#lines = readRecordLines(disk, encodeRecordPath(bundle));
    this.#next = bundle * BUNDLE_RECORDS_MAX;
  }

  async find(index: number): Promise<RecordLine | undefined> {
    let line: RecordLine | undefined;
    for (; this.#next <= index; this.#next++) line = (await this.#lines.next()).value ?? undefined;
    return line;
  }
}

/** Undefined for a line that is neither the record nor empty in its place. */
function toRecord(line: RecordLine | undefined, { digest }: StoredEntry): Uint8Array | null | undefined {
  if (!line?.isEnded) return undefined;
  if (line.at === line.end) return null;
  return line.bytes && toRecordDigest(line.bytes) === digest ? line.bytes : undefined;
}

function attempt<T>(place: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof LeixError)) throw cause;
    throw new LeixError("ledger/store-damaged", `${place}: ${cause.message}`, { cause });
  }
}
