import { encodeLeafEntry, LeixError, parseRecord, toLeafEntry } from "@leix/protocol";
import {
  appendLeafHashes,
  type CompactRange,
  createRange,
  type HashReader,
  hashLeaf,
  isSameHash,
  listForkNodes,
  readRange,
  type TreeHead,
  type TreeNode,
  toRoot,
} from "@leix/tlog";
import { isProving } from "./proving-source.ts";
import type { ReplaySource, SourceRecord } from "./replay-source.ts";

const CHUNK_RECORDS = 256;

/**
 * Whether both are heads of one tree, the source's: from its tiles, or from its records, of which the tree is
 * made again. Throws `ledger/root-differs` where one is not, `audit/records-missing` where the source has
 * fewer records, `tlog/size` for the newer before the older.
 */
export async function verifyHeads(source: ReplaySource, older: TreeHead, newer: TreeHead): Promise<void> {
  if (older.size > newer.size) throw new LeixError("tlog/size", `${older.size} and then ${newer.size}`);
  const roots = await loadRoots(source, [older.size, newer.size]);
  for (const { size, root } of [older, newer]) {
    const own = roots.get(size);
    if (!own) throw toMissing(source.total, size);
    if (!isSameHash(own, root)) throw toRootDifference(size, root, own);
  }
}

function toMissing(total: number, size: number): LeixError {
  return new LeixError("audit/records-missing", `only ${total} of ${size} records are here`);
}

/** Both roots, so that a person can compare them with other copies. */
export function toRootDifference(size: number, signed: Uint8Array, own: Uint8Array): LeixError {
  const detail =
    `the checkpoint of ${size} records signs the root ${toRootText(signed)}, ` +
    `those of the ledger have ${toRootText(own)}`;
  return new LeixError("ledger/root-differs", detail);
}

/** As notes and all reports have it. */
export function toRootText(root: Uint8Array): string {
  return Buffer.from(root).toString("base64");
}

/** Of the source's own tree at these sizes, as far as it has so many records. */
export async function loadRoots(
  source: ReplaySource,
  sizes: readonly number[],
): Promise<ReadonlyMap<number, Uint8Array>> {
  const roots = new Map<number, Uint8Array>();
  const within = sizes.filter((size) => size <= source.total).toSorted((a, b) => a - b);
  if (isProving(source)) {
    const { head } = source;
    for (const size of within) {
      const read = await source.loadHashes(listForkNodes(size, head.size));
      roots.set(size, toRoot(readRange(size, read)));
    }
    return roots;
  }
  let range: CompactRange = createRange();
  const look = (): void => {
    if (within.includes(range.end)) roots.set(range.end, toRoot(range));
  };
  look();
  for await (const leaves of readLeaves(source, within)) {
    range = appendLeafHashes(range, leaves);
    look();
  }
  return roots;
}

/** Hashes of the source's own tree of a size, each proven or made of its records. */
export async function loadNodes(
  source: ReplaySource,
  nodes: readonly TreeNode[],
  head: TreeHead,
): Promise<HashReader> {
  if (isProving(source)) return source.loadHashes(nodes, head);
  const made = new Map(nodes.map((node) => [toName(node), { node, range: createRange() }]));
  let at = 0;
  for await (const leaves of readLeaves(source, [head.size])) {
    for (const one of made.values()) {
      const { level, index } = one.node;
      const [begin, end] = [index * 2 ** level, (index + 1) * 2 ** level].map((place) => place - at);
      const inside = leaves.slice(Math.max(0, begin ?? 0), Math.max(0, end ?? 0));
      if (inside.length > 0) one.range = appendLeafHashes(one.range, inside);
    }
    at += leaves.length;
  }
  return (node) => {
    const found = made.get(toName(node));
    return found?.range.end === 2 ** node.level ? toRoot(found.range) : undefined;
  };
}

function toName({ level, index }: TreeNode): string {
  return `${level}/${index}`;
}

/** In order, some at a time, none across one of the sizes; ends with the last of these. */
async function* readLeaves(
  source: ReplaySource,
  sizes: readonly number[],
): AsyncGenerator<readonly Uint8Array[], void> {
  const last = Math.max(0, ...sizes);
  let [at, leaves]: [number, Uint8Array[]] = [0, []];
  if (last === 0) return;
  for await (const record of source.records()) {
    leaves.push(toLeaf(record));
    at++;
    if (leaves.length < CHUNK_RECORDS && !sizes.includes(at)) continue;
    yield leaves;
    leaves = [];
    if (at === last) return;
  }
  if (leaves.length > 0) yield leaves;
}

/** Of a record, whether it is there or was erased. Throws as it was refused, `record/malformed`. */
export function toLeaf({ bytes, erased, refused }: SourceRecord): Uint8Array {
  if (refused) throw refused;
  return hashLeaf(erased ?? encodeLeafEntry(toLeafEntry(parseRecord(bytes).kind, bytes)));
}
