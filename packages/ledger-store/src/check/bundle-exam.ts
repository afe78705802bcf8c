import { type LeafEntry, LeixError } from "@leix/protocol";
import { decodeBundle, decodeTile, type EntryBundle, isSameHash } from "@leix/tlog";
import type { Disk } from "../disk.ts";
import { type Erasure, isDue, readEntry } from "../erasure-statement.ts";
import { encodeRecordPath } from "../layout.ts";
import { BUNDLE_RECORDS_MAX } from "../limits.ts";
import { hashEntry } from "../record-entry.ts";
import { salvageTile } from "../tile-files.ts";
import { alignLines, type Stretch } from "./alignment.ts";
import type { Finding } from "./finding.ts";
import { type ScannedLine, scanRecords } from "./record-scan.ts";

export interface ExamOptions {
  /** What may be erased, and where that is done, has to be. */
  readonly erasure: Erasure | null;
  /** Are records also taken apart? Their digests say that they are what was appended. */
  readonly isParsed: boolean;
  /** May the file of records go on past the last that is examined? */
  readonly isGrowing: boolean;
}

/** Do these leaf hashes of the bundle fit what is above them in the tree? */
export type Proves = (leafHashes: readonly Uint8Array[]) => Promise<boolean>;

export type RecordState =
  | { readonly state: "whole"; readonly at: number; readonly end: number }
  | { readonly state: "erased" | "broken" };

/** One leaf, from what three files say about it: its hash in the tile, its entry, its record. */
export interface ExaminedLeaf {
  /** Null where nothing says it. */
  readonly hash: Uint8Array | null;
  /** Did two of the three say so, or the tree above? */
  readonly isSure: boolean;
  /** The entry that has this hash. Null where it is nowhere. */
  readonly entry: Uint8Array | null;
  readonly record: RecordState;
}

export interface BundleExam {
  readonly leaves: readonly ExaminedLeaf[];
  /** About the records. Tiles and bundles are compared with what the leaves say (`tile-exam.ts`). */
  readonly findings: readonly Finding[];
}

/**
 * What 256 leaves are, although any of the files that say it may be damaged. One damaged file is outvoted by
 * the other two; where there are but two, the tree above decides.
 */
export async function examineBundle(
  disk: Disk,
  { index, width }: EntryBundle,
  options: ExamOptions,
  proves: Proves,
): Promise<BundleExam> {
  const hashes = await loadParts(width, async () => {
    const tile = { kind: "hashes", level: 0, index, width } as const;
    const bytes = await salvageTile(disk, tile);
    return bytes && decodeTile(tile, bytes);
  });
  const entries = await loadParts(width, async () => {
    const bytes = await salvageTile(disk, { kind: "entries", index, width });
    return bytes && decodeBundle(bytes, width);
  });
  const entryHashes = entries.map((entry) => entry && hashEntry(entry));
  const path = encodeRecordPath(index);
  const lines = await scanRecords(disk, path, options.isParsed);
  const { matched, stretches } = alignLines(lines ?? [], width, createFinder(hashes, entries));
  adoptUnknown(matched, stretches, (at) => Boolean(hashes[at] || entries[at]));
  const kinds = options.erasure ? entries.map(readEntry) : [];
  const place = { file: path, base: index * BUNDLE_RECORDS_MAX, kinds };
  const judged = judgeRecords(place, lines, matched, stretches, options);
  const leaves = await decide(hashes, entries, entryHashes, judged.lines, proves);
  return {
    leaves: leaves.map((leaf, at) => ({ ...leaf, record: judged.states[at] ?? { state: "broken" } })),
    findings: judged.findings,
  };
}

type Parts = readonly (Uint8Array | null)[];
type Matched = readonly (ScannedLine | undefined)[];

/** Where neither tile nor bundle says what a record is, the line in its place is the only one that does. */
function adoptUnknown(
  matched: (ScannedLine | undefined)[],
  stretches: readonly Stretch[],
  isKnown: (at: number) => boolean,
): void {
  for (const { first, count, lines } of stretches) {
    if (lines.length !== count) continue;
    for (const [nth, line] of lines.entries()) {
      if (line.entry && !isKnown(first + nth)) matched[first + nth] = line;
    }
  }
}

/** Nulls where there is no such file or it cannot be taken apart. */
async function loadParts(width: number, load: () => Promise<Parts | null>): Promise<Parts> {
  try {
    const parts = await load();
    if (parts) return parts;
  } catch (error) {
    if (!(error instanceof LeixError)) throw error;
  }
  return new Array(width).fill(null);
}

interface Judged {
  readonly states: readonly RecordState[];
  /** The line of each record that is whole. */
  readonly lines: Matched;
  readonly findings: readonly Finding[];
}

/** A file of records: of which leaves, and what their entries say that they are. */
interface RecordsPlace {
  readonly file: string;
  readonly base: number;
  readonly kinds: readonly (Pick<LeafEntry, "kind"> | null)[];
}

function judgeRecords(
  { file, base, kinds }: RecordsPlace,
  scanned: readonly ScannedLine[] | null,
  matched: Matched,
  stretches: readonly Stretch[],
  options: ExamOptions,
): Judged {
  const findings: Finding[] = [];
  const { erasure } = options;
  const states: RecordState[] = matched.map((line) =>
    line ? { state: "whole", at: line.at, end: line.end } : { state: "broken" },
  );
  if (!scanned) findings.push({ code: "ledger/file-missing", file, detail: "all of its records" });
  for (const [at, line] of matched.entries()) {
    if (!line) continue;
    const place = { file, at: line.at, end: line.end };
    if (erasure?.isDone && isDue(erasure, base + at, kinds[at] ?? UNKNOWN)) {
      findings.push({ code: "ledger/file-stray", ...place, detail: `record ${base + at}, which was erased` });
    }
    if (line.refusal) findings.push({ code: line.refusal, ...place, detail: `record ${base + at}` });
    if (!line.isEnded) {
      findings.push({ code: "ledger/record-differs", file, at: line.end, detail: "the last line end" });
      states[at] = { state: "broken" };
    }
  }
  for (const stretch of scanned ? stretches : []) {
    const { first, count, lines } = stretch;
    const isPaired = count > 0 && lines.length === count;
    if (!isPaired) {
      findings.push(...judgeUneven(file, base, stretch, matched, options));
      continue;
    }
    for (const [nth, line] of lines.entries()) {
      const at = first + nth;
      if (matched[at]) continue;
      const isErased = line.at === line.end && line.isEnded;
      if (isErased) states[at] = { state: "erased" };
      if (isErased && isDue(erasure, base + at, kinds[at] ?? null)) continue;
      const code = isErased ? "ledger/record-erased" : "ledger/record-differs";
      findings.push({ code, file, at: line.at, end: line.end + 1, detail: `record ${base + at}` });
    }
  }
  return { states, lines: matched, findings };
}

/** Of an entry that cannot be read nothing says that its record had to go. */
const UNKNOWN = { kind: "statement" } as const;

/** More or fewer lines than records between two that are whole, or at an end. */
function judgeUneven(
  file: string,
  base: number,
  { first, count, lines }: Stretch,
  matched: Matched,
  { isGrowing }: ExamOptions,
): readonly Finding[] {
  const isLast = first + count === matched.length;
  if (count === 0 && isLast && isGrowing) return [];
  const before = matched[first - 1];
  const at = lines[0]?.at ?? (before ? before.end + 1 : 0);
  const last = lines.at(-1);
  const end = last ? last.end + 1 : at;
  if (count === 0) {
    const detail = `${lines.length} lines that are no record here, after record ${base + first - 1}`;
    return [{ code: "ledger/file-stray", file, at, end, detail }];
  }
  const records =
    count === 1 ? `record ${base + first}` : `records ${base + first} to ${base + first + count - 1}`;
  return [
    { code: "ledger/record-differs", file, at, end, detail: `${lines.length} lines in place of ${records}` },
  ];
}

type Decided = Omit<ExaminedLeaf, "record">;

async function decide(
  hashes: Parts,
  entries: Parts,
  entryHashes: Parts,
  lines: Matched,
  proves: Proves,
): Promise<readonly Decided[]> {
  const decideBy = (preferred: Parts, other: Parts): readonly Decided[] =>
    hashes.map((hash, at) => {
      const [entry, entryHash] = [entries[at] ?? null, entryHashes[at] ?? null];
      if (isSame(hash, entryHash)) return { hash, isSure: true, entry };
      const record = lines[at]?.entry ?? null;
      const recordHash = record && hashEntry(record);
      if (isSame(recordHash, hash) || isSame(recordHash, entryHash)) {
        return { hash: recordHash, isSure: true, entry: record };
      }
      const chosen = preferred[at] ?? other[at] ?? recordHash;
      const known = isSame(chosen, entryHash) ? entry : isSame(chosen, recordHash) ? record : null;
      return { hash: chosen, isSure: false, entry: known };
    });
  const byTile = decideBy(hashes, entryHashes);
  if (byTile.every(({ isSure }) => isSure)) return byTile;
  for (const decided of [byTile, decideBy(entryHashes, hashes)]) {
    const known = decided.map(({ hash }) => hash).filter((hash) => hash !== null);
    if (known.length === decided.length && (await proves(known))) {
      return decided.map((leaf) => ({ ...leaf, isSure: true }));
    }
  }
  return byTile;
}

function isSame(a: Uint8Array | null, b: Uint8Array | null): boolean {
  return a !== null && b !== null && isSameHash(a, b);
}

/** The place in the bundle of an entry that it has, or whose hash the tile has. */
function createFinder(hashes: Parts, entries: Parts): (entry: Uint8Array) => number | undefined {
  const byEntry = toPlaces(entries);
  // Rarely needed: only for what is not in the bundle.
  let byHash: ReadonlyMap<string, number> | undefined;
  return (entry) => {
    const place = byEntry.get(toKey(entry));
    if (place !== undefined) return place;
    byHash ??= toPlaces(hashes);
    return byHash.get(toKey(hashEntry(entry)));
  };
}

function toPlaces(parts: Parts): ReadonlyMap<string, number> {
  return new Map(parts.flatMap((part, at) => (part ? [[toKey(part), at] as const] : [])));
}

function toKey(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}
