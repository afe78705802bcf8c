import { type Digest, encodeCanonicalBytes, type LeafEntry, LeixError, parseLeafEntry } from "@leix/protocol";
import { decodeBundle, TILE_WIDTH } from "@leix/tlog";
import type { Disk } from "./disk.ts";
import type { FilePlacer } from "./file-placer.ts";
import { ERASED_PATH } from "./layout.ts";
import { createNodeDisk } from "./node-disk.ts";
import { toRecordDigest } from "./record-entry.ts";
import { findWidth, loadTile } from "./tile-files.ts";

/**
 * What is erased in a store, in its own words, written before the first byte is. Nothing but the seal that it
 * names allows a record to be missing: whoever reads it compares that with the log.
 */
export interface Erasure {
  /** Of the records before it, all are erased but statements and seals; the states of earlier seals too. */
  readonly seal: { readonly index: number; readonly digest: Digest };
  /** NumericDate at which an operator wanted it; null where a repair has found only the rest. */
  readonly at: number | null;
  /** False until all of them are: whoever opens the store for writing goes on with it. */
  readonly isDone: boolean;
}

const FORMAT = "leix-ledger-erased";

/**
 * Statements verify all signatures, and say nothing of anybody's case; seals say what else may be missing.
 * Everything else goes with its epoch.
 */
export function isErasable({ kind }: Pick<LeafEntry, "kind">): boolean {
  return kind !== "statement" && kind !== "seal";
}

/** May the record of a leaf be missing? `entry` is null where nothing says any more what it was. */
export function isDue(
  erasure: Erasure | null,
  index: number,
  entry: Pick<LeafEntry, "kind"> | null,
): boolean {
  return erasure !== null && index < erasure.seal.index && (entry === null || isErasable(entry));
}

/** In two lines: what it says, and the digest of that, so that a flipped bit changes nothing silently. */
export function encodeErasure({ seal, at, isDone }: Erasure): Uint8Array {
  const text = encodeCanonicalBytes({ format: FORMAT, v: 1, seal, at, isDone });
  return Buffer.concat([text, Buffer.from(`\n${toRecordDigest(text)}\n`)]);
}

/** Null where nothing was erased. Throws `ledger/store-damaged` for what `encodeErasure` has not written. */
export async function loadErasure(disk: Disk): Promise<Erasure | null> {
  const bytes = await disk.read(ERASED_PATH);
  return bytes && parseErasure(Buffer.from(bytes));
}

const SEAL_FORM = /"seal":\{"digest":"([\w-]{43})","index":(\d{1,15})\},"v":1\}$/m;
const HEAD_FORM = /^\{"at":(null|\d{1,15}),"format":"[a-z-]+","isDone":(true|false),/;

function parseErasure(bytes: Buffer): Erasure {
  const text = bytes.toString("latin1");
  const [, at, isDone] = HEAD_FORM.exec(text) ?? [];
  const [, digest, index] = SEAL_FORM.exec(text) ?? [];
  const erasure = {
    seal: { index: Number(index), digest: digest as Digest },
    at: at === "null" ? null : Number(at),
    isDone: isDone === "true",
  };
  const isRead = isDone !== undefined && digest !== undefined;
  if (isRead && Buffer.compare(encodeErasure(erasure), bytes) === 0) return erasure;
  throw new LeixError("ledger/store-damaged", `${ERASED_PATH}: its digest is of something else`);
}

/** What a store in a folder says that it has erased. Throws as `loadErasure`. */
export function readErasure(folder: string): Promise<Erasure | null> {
  return loadErasure(createNodeDisk(folder));
}

/** The same, whose seal is in this store's entries. Throws `ledger/store-damaged`. */
export async function loadVerifiedErasure(disk: Disk): Promise<Erasure | null> {
  const erasure = await loadErasure(disk);
  if (!erasure) return null;
  const { index, digest } = erasure.seal;
  const entry = await loadEntry(disk, index);
  if (entry?.kind === "seal" && entry.digest === digest) return erasure;
  throw new LeixError(
    "ledger/store-damaged",
    `${ERASED_PATH}: record ${index} is not the seal that it names`,
  );
}

/** The entry of one leaf, whatever the size of the tree. Null where there is none. */
export async function loadEntry(disk: Disk, index: number): Promise<LeafEntry | null> {
  const bundle = { kind: "entries", index: Math.floor(index / TILE_WIDTH), width: TILE_WIDTH } as const;
  const width = await findWidth(disk, bundle);
  const bytes = index % TILE_WIDTH < width ? await loadTile(disk, { ...bundle, width }) : null;
  if (!bytes) return null;
  try {
    return readEntry(decodeBundle(bytes, width)[index % TILE_WIDTH] ?? null);
  } catch (error) {
    if (error instanceof LeixError) return null;
    throw error;
  }
}

/** An entry as it may be on a damaged disk: null where it is none. */
export function readEntry(bytes: Uint8Array | null): LeafEntry | null {
  try {
    return bytes && parseLeafEntry(bytes);
  } catch (error) {
    if (error instanceof LeixError) return null;
    throw error;
  }
}

/** Durable on return. */
export async function placeErasure(placer: FilePlacer, erasure: Erasure): Promise<void> {
  await placer.place(await placer.draft([{ path: ERASED_PATH, bytes: encodeErasure(erasure) }]));
}
