import { encodeLeafEntry, LeixError, parseRecord, toLeafEntry } from "@leix/protocol";
import {
  appendLeafHashes,
  type CompactRange,
  createRange,
  hashLeaf,
  listConsistencyNodes,
  proveConsistency,
  type TreeHead,
  toRoot,
  verifyConsistency,
} from "@leix/tlog";
import { isProving } from "./proving-source.ts";
import type { ReplaySource, SourceRecord } from "./replay-source.ts";

const CHUNK_RECORDS = 256;

/**
 * Whether both are heads of one tree, the source's: by a proof from its tiles, or by its records, of which
 * the tree is made again. Throws `tlog/consistency`, `ledger/root-differs` where they are not; `tlog/size`
 * where the source has fewer records.
 */
export async function verifyHeads(source: ReplaySource, older: TreeHead, newer: TreeHead): Promise<void> {
  if (older.size > newer.size) throw new LeixError("tlog/size", `${older.size} and then ${newer.size}`);
  if (source.total < newer.size) throw new LeixError("tlog/size", `${source.total} of ${newer.size} records`);
  if (!isProving(source)) return verifyRoots(source, [older, newer]);
  const { head } = source;
  // Both against the source's own head, of which it has the tiles: what both begin is one tree.
  for (const { size, root } of [older, newer]) {
    const read = await source.loadHashes(listConsistencyNodes(size, head.size));
    verifyConsistency(proveConsistency(size, head.size, read), root, head.root);
  }
}

async function verifyRoots(source: ReplaySource, heads: readonly TreeHead[]): Promise<void> {
  const left = heads.toSorted((a, b) => a.size - b.size);
  let range: CompactRange = createRange();
  let leaves: Uint8Array[] = [];
  const look = (): void => {
    range = appendLeafHashes(range, leaves);
    leaves = [];
    while (left[0]?.size === range.end) {
      const head = left.shift();
      const isSame = head && Buffer.compare(head.root, toRoot(range)) === 0;
      if (!isSame) throw new LeixError("ledger/root-differs", `at size ${range.end}`);
    }
  };
  look();
  for await (const record of source.records()) {
    if (left.length === 0) return;
    leaves.push(toLeaf(record));
    if (leaves.length === CHUNK_RECORDS || range.end + leaves.length === left[0]?.size) look();
  }
  if (left.length > 0) throw new LeixError("tlog/size", `${range.end} records`);
}

/** Of a record, whether it is there or was erased. Throws as it was refused, `record/malformed`. */
export function toLeaf({ bytes, erased, refused }: SourceRecord): Uint8Array {
  if (refused) throw refused;
  return hashLeaf(erased ?? encodeLeafEntry(toLeafEntry(parseRecord(bytes).kind, bytes)));
}
