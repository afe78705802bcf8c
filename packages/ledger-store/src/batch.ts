import { LeixError } from "@leix/protocol";
import { encodeBundle, encodeTilePath, hashLeaf, listBundles, type TreeHead } from "@leix/tlog";
import { encodeLeafEntry, toLeafEntry } from "./leaf-entry.ts";
import { BATCH_BYTES_MAX, BATCH_RECORDS_MAX, BUNDLE_RECORDS_MAX } from "./limits.ts";
import { EMPTY_EDGE, growEdge, type TreeEdge, toHead } from "./tree-edge.ts";

/** What the store knows of its own end: all that appending needs. A value. */
export interface StoreEnd {
  readonly edge: TreeEdge;
  /** Those of the last entry bundle, where it is partial. */
  readonly entries: readonly Uint8Array[];
}

export const EMPTY_END: StoreEnd = { edge: EMPTY_EDGE, entries: [] };

/** A file that is written whole and then takes its name. */
export interface WholeFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** A record that may be appended, and its entry. */
export interface Leaf {
  readonly record: Uint8Array;
  readonly entry: Uint8Array;
}

/** Everything that is written for some records. */
export interface Batch {
  readonly head: TreeHead;
  /** For each file of records that grows: what is put at its end. */
  readonly lines: readonly { readonly bundle: number; readonly parts: readonly Uint8Array[] }[];
  /**
   * In the order in which they take their names: tiles, then entry bundles. An entry bundle is what makes its
   * records count (`recovery.ts`).
   */
  readonly files: readonly WholeFile[];
}

/** Throws `ledger/batch` for no records or too many, `record/malformed`. */
export function toLeaves(records: readonly Uint8Array[]): readonly Leaf[] {
  const bytes = countBytes(records);
  if (records.length < 1 || records.length > BATCH_RECORDS_MAX || bytes > BATCH_BYTES_MAX) {
    throw new LeixError("ledger/batch", `${records.length} records of ${bytes} bytes`);
  }
  return records.map((record) => ({ record, entry: encodeLeafEntry(toLeafEntry(record)) }));
}

/** What the store becomes by these records, and what is to be written for it. */
export function composeBatch(
  before: StoreEnd,
  leaves: readonly Leaf[],
): { readonly end: StoreEnd; readonly batch: Batch } {
  const appended = leaves.map(({ entry }) => entry);
  const { edge, tiles } = growEdge(before.edge, appended.map(hashLeaf));
  const { end: size } = edge.range;
  const from = before.edge.range.end;
  const entries = [...before.entries, ...appended];
  const base = from - before.entries.length;
  const bundles = listBundles(from, size, size).map((bundle) => {
    const begin = bundle.index * BUNDLE_RECORDS_MAX - base;
    const bytes = encodeBundle(entries.slice(begin, begin + bundle.width));
    return { path: encodeTilePath(bundle), bytes };
  });
  const files = tiles.map(({ tile, bytes }) => ({ path: encodeTilePath(tile), bytes }));
  const end = { edge, entries: entries.slice(entries.length - (size % BUNDLE_RECORDS_MAX)) };
  const batch = { head: toHead(edge), lines: toLines(leaves, from), files: [...files, ...bundles] };
  return { end, batch };
}

const NEWLINE = Uint8Array.of(0x0a);

function toLines(leaves: readonly Leaf[], from: number): Batch["lines"] {
  const bundles: { bundle: number; parts: Uint8Array[] }[] = [];
  for (let at = 0; at < leaves.length; ) {
    const bundle = Math.floor((from + at) / BUNDLE_RECORDS_MAX);
    const end = Math.min(leaves.length, (bundle + 1) * BUNDLE_RECORDS_MAX - from);
    bundles.push({ bundle, parts: leaves.slice(at, end).flatMap(({ record }) => [record, NEWLINE]) });
    at = end;
  }
  return bundles;
}

/** How large they are together. */
export function countBytes(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, { byteLength }) => sum + byteLength, 0);
}
