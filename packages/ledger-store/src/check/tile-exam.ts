import { LeixError } from "@leix/protocol";
import { encodeBundle, encodeTilePath, HASH_BYTES, isSameHash, TILE_WIDTH, type Tile } from "@leix/tlog";
import type { Disk } from "../disk.ts";
import { hashEntry } from "../record-entry.ts";
import { listPartialWidths, loadTile } from "../tile-files.ts";
import type { ExaminedLeaf } from "./bundle-exam.ts";
import { type Finding, findDifference } from "./finding.ts";

/** What is wrong with a tile's bytes at a width, and where; null for nothing. */
export type Verify = (bytes: Uint8Array, width: number) => Omit<Finding, "file" | "code"> | null;

/**
 * Every file of a tile or bundle: the one that a tree of this size has, and the narrower ones that trees
 * before it had. Where the store grows meanwhile, a wider one may have taken its place.
 */
export async function examineTileFiles(
  disk: Disk,
  tile: Tile,
  verify: Verify,
  isGrowing: boolean,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  const widths = (await listPartialWidths(disk, tile)).filter((width) => width <= tile.width);
  for (const width of new Set([...widths, tile.width])) {
    const file = encodeTilePath({ ...tile, width });
    const bytes = await disk.read(file);
    const wrong = bytes && verify(bytes, width);
    if (wrong) findings.push({ code: "ledger/bytes-differ", file, ...wrong });
    if (bytes) continue;
    const finding = isGrowing ? await examineSuccessor(disk, tile, verify) : undefined;
    if (finding !== null) findings.push(finding ?? toMissing(file));
  }
  return findings;
}

type KnownLeaf = Pick<ExaminedLeaf, "hash" | "entry">;

/** A tile is its hashes, one after another. */
export function verifyTileBytes(expected: Uint8Array): Verify {
  return (bytes, width) => {
    const at = findDifference(bytes, expected.subarray(0, width * HASH_BYTES));
    if (at === null) return null;
    const nth = Math.floor(at / HASH_BYTES);
    if (nth >= width) return { at, end: bytes.byteLength, detail: `more than ${width} hashes` };
    return { at, end: (nth + 1) * HASH_BYTES, detail: `hash ${nth} of the tile` };
  };
}

/** A bundle is its entries, each after its length. Of one that is nowhere only its hash is known. */
export function verifyBundleBytes(leaves: readonly KnownLeaf[]): Verify {
  return (bytes, width) => {
    const known = leaves.slice(0, width).map(({ entry }) => entry);
    const entries = known.filter((entry) => entry !== null);
    if (entries.length < known.length) return verifyEntryHashes(bytes, leaves.slice(0, width));
    const at = findDifference(bytes, encodeBundle(entries));
    return at === null ? null : { at, detail: `entry ${findEntry(entries, at)} of the bundle` };
  };
}

/** Goes from one entry to the next: where a length is wrong, that entry is the one that is named. */
function verifyEntryHashes(bytes: Uint8Array, leaves: readonly KnownLeaf[]): ReturnType<Verify> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  for (const [nth, { hash }] of leaves.entries()) {
    const isThere = at + LENGTH_BYTES <= bytes.byteLength;
    const end = isThere ? at + LENGTH_BYTES + view.getUint16(at) : at;
    const isEntry = isThere && end <= bytes.byteLength;
    const isIts = isEntry && (!hash || isSameHash(hashEntry(bytes.subarray(at + LENGTH_BYTES, end)), hash));
    if (!isIts) return { at, end: Math.min(end, bytes.byteLength), detail: `entry ${nth} of the bundle` };
    at = end;
  }
  if (at === bytes.byteLength) return null;
  return { at, end: bytes.byteLength, detail: `more than ${leaves.length} entries` };
}

const LENGTH_BYTES = 2;

function findEntry(entries: readonly Uint8Array[], at: number): number {
  let end = 0;
  const nth = entries.findIndex((entry) => {
    end += LENGTH_BYTES + entry.byteLength;
    return at < end;
  });
  return nth < 0 ? entries.length : nth;
}

/** Null where a wider tile begins with what the missing one was; undefined where there is none. */
async function examineSuccessor(disk: Disk, tile: Tile, verify: Verify): Promise<Finding | null | undefined> {
  const file = encodeTilePath({ ...tile, width: TILE_WIDTH });
  try {
    const bytes = await loadTile(disk, tile);
    const wrong = bytes && verify(bytes, tile.width);
    if (wrong) return { code: "ledger/bytes-differ", file, ...wrong };
    return bytes ? null : undefined;
  } catch (cause) {
    if (!(cause instanceof LeixError) || cause.code === "ledger/store-failed") throw cause;
    return { code: "ledger/bytes-differ", file, detail: cause.message };
  }
}

function toMissing(file: string): Finding {
  return { code: "ledger/file-missing", file, detail: "all of it" };
}
