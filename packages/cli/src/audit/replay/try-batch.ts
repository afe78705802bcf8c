import { type KnownKeys, type TriedBatch, tryRecords } from "@leix/exchange/tried-record";
import { encodeCanonical, invariant, type LeafEntry } from "@leix/protocol";
import { HASH_BYTES } from "@leix/tlog";
import { createNativePrimitives } from "./native-primitives.ts";

/** Records whose signatures were tried, and for each of them the hash of its leaf in the ledger's tree. */
export interface TriedLeaves {
  readonly batch: TriedBatch;
  readonly leaves: readonly Uint8Array[];
}

/** Whoever takes records apart for a replay: this thread, or others (`createTryPool`). */
export interface Trier extends AsyncDisposable {
  /** How many batches it can have in hand before it helps to wait for the first. */
  readonly depth: number;
  /** Batches in the order of the ledger, each whole: what statements in them bring is known from then on. */
  try(records: readonly Uint8Array[]): Promise<TriedLeaves>;
  /** For who would only wait: does some of what waits for a thread in this one. */
  help(): Promise<void>;
}

const PRIMITIVES = createNativePrimitives();

export async function tryBatch(records: readonly Uint8Array[], keys: KnownKeys): Promise<TriedLeaves> {
  const batch = await tryRecords(records, keys, PRIMITIVES);
  const leaves = batch.records.map(({ record }, at) => {
    const bytes = records[at];
    invariant(bytes, "a record that was tried has its bytes");
    const entry: LeafEntry = { v: 1, kind: record.kind, digest: PRIMITIVES.digest(bytes) };
    return PRIMITIVES.hashLeaf(encodeCanonical(entry));
  });
  return { batch, leaves };
}

/** Hashes one after another, as they travel. */
export function packHashes(hashes: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const packed = new Uint8Array(hashes.length * HASH_BYTES);
  for (const [at, one] of hashes.entries()) packed.set(one, at * HASH_BYTES);
  return packed;
}

export function unpackHashes(packed: Uint8Array): Uint8Array[] {
  const count = packed.byteLength / HASH_BYTES;
  return Array.from({ length: count }, (_, at) => packed.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES));
}
