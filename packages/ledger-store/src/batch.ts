import { invariant, LeixError } from "@leix/protocol";
import { encodeBundle, encodeTilePath, listBundles, type TreeHead } from "@leix/tlog";
import { BATCH_BYTES_MAX, BATCH_RECORDS_MAX, BUNDLE_RECORDS_MAX, GROUP_RECORDS_MAX } from "./limits.ts";
import { encodeRecordEntry, hashEntry } from "./record-entry.ts";
import { EdgeGrowth, EMPTY_EDGE, type GrownEdge, type TreeEdge, toHead } from "./tree-edge.ts";

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

/** A record that may be appended, its entry, and the hash of that. */
export interface Leaf {
  readonly record: Uint8Array;
  readonly entry: Uint8Array;
  readonly hash: Uint8Array;
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
  return records.map((record) => {
    const entry = encodeRecordEntry(record);
    return { record, entry, hash: hashEntry(entry) };
  });
}

/** What the store becomes by some records, and what is to be written for it. */
export interface Composed {
  readonly end: StoreEnd;
  readonly batch: Batch;
}

/**
 * Records that are written together. Each is hashed into the tree as it comes, while others are being
 * written: when it is their turn, all of it is at hand.
 */
export class BatchBuilder {
  readonly #before: StoreEnd;
  readonly #growth: EdgeGrowth;
  readonly #leaves: Leaf[] = [];
  #bytes = 0;
  #composed: Composed | undefined;

  constructor(before: StoreEnd) {
    this.#before = before;
    this.#growth = new EdgeGrowth(before.edge);
  }

  hasRoom(leaves: number, bytes: number): boolean {
    return this.#leaves.length + leaves <= GROUP_RECORDS_MAX && this.#bytes + bytes <= BATCH_BYTES_MAX;
  }

  add(leaves: readonly Leaf[], bytes: number): void {
    invariant(!this.#composed, "what is composed grows no more");
    this.#growth.add(leaves.map(({ hash }) => hash));
    this.#leaves.push(...leaves);
    this.#bytes += bytes;
  }

  compose(): Composed {
    this.#composed ??= composeBatch(this.#before, this.#leaves, this.#growth.finish());
    return this.#composed;
  }
}

function composeBatch(before: StoreEnd, leaves: readonly Leaf[], { edge, tiles }: GrownEdge): Composed {
  const { end: size } = edge.range;
  const from = before.edge.range.end;
  const entries = [...before.entries, ...leaves.map(({ entry }) => entry)];
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
