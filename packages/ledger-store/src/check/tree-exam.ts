import {
  type EntryBundle,
  encodeTile,
  HASH_BYTES,
  hashTree,
  isSameHash,
  listPartialTiles,
  TILE_WIDTH,
  type TreeHead,
  toTileWidth,
} from "@leix/tlog";
import type { Disk } from "../disk.ts";
import { CHECKPOINT_PATH } from "../layout.ts";
import { salvageTile } from "../tile-files.ts";
import { growEdge, type TileFile, type TreeEdge, toHead } from "../tree-edge.ts";
import type { BundleExam, ExaminedLeaf } from "./bundle-exam.ts";
import type { Finding } from "./finding.ts";
import { examineTileFiles, type Verify, verifyBundleBytes, verifyTileBytes } from "./tile-exam.ts";

/** A bundle, and what is known of the tree to its left. */
export interface BundlePlace {
  readonly bundle: EntryBundle;
  /** Of the whole store. */
  readonly size: number;
  /** Null after a leaf that is unknown. */
  readonly edge: TreeEdge | null;
  readonly published: TreeHead | null;
}

/**
 * Do these hashes of a bundle's leaves fit the tree? Those of a full one fit the tile above it; those of a
 * partial one the checkpoint, if it ends there.
 */
export async function isProven(
  disk: Disk,
  { bundle: { index, width }, size, edge, published }: BundlePlace,
  hashes: readonly Uint8Array[],
): Promise<boolean> {
  if (width < TILE_WIDTH) {
    const covered = (published?.size ?? 0) - index * TILE_WIDTH;
    if (!published || !edge || covered !== width) return false;
    return isSameHash(toHead(growEdge(edge, hashes).edge).root, published.root);
  }
  const above = Math.floor(index / TILE_WIDTH);
  const tile = { kind: "hashes", level: 1, index: above, width: toTileWidth(1, above, size) } as const;
  const bytes = await salvageTile(disk, tile);
  const at = (index % TILE_WIDTH) * HASH_BYTES;
  return bytes !== null && isSameHash(hashTree(hashes), bytes.subarray(at, at + HASH_BYTES));
}

/** The files of a bundle's entries and of their hashes. */
export async function examineBundleFiles(
  disk: Disk,
  bundle: EntryBundle,
  { leaves }: BundleExam,
  isGrowing: boolean,
): Promise<readonly Finding[]> {
  const { index, width } = bundle;
  const tile = { kind: "hashes", level: 0, index, width } as const;
  return [
    ...(await examineTileFiles(disk, bundle, verifyBundleBytes(leaves), isGrowing)),
    ...(await examineTileFiles(disk, tile, verifyLeafTile(leaves), isGrowing)),
  ];
}

function verifyLeafTile(leaves: readonly ExaminedLeaf[]): Verify {
  const hashes = toHashes(leaves);
  if (hashes) return verifyTileBytes(encodeTile(hashes));
  return (bytes, width) =>
    bytes.byteLength === width * HASH_BYTES ? null : { detail: `not ${width} hashes` };
}

/** Null where one is unknown. */
export function toHashes(leaves: readonly ExaminedLeaf[]): readonly Uint8Array[] | null {
  const hashes = leaves.map(({ hash }) => hash).filter((hash) => hash !== null);
  return hashes.length === leaves.length ? hashes : null;
}

export interface GrownTree {
  readonly edge: TreeEdge | null;
  /** The tiles above the leaves that are full by now. */
  readonly complete: readonly TileFile[];
  readonly findings: readonly Finding[];
}

/** The tree with a bundle's leaves, and whether it is the checkpoint's where that ends in it. */
export function growExamined({ bundle, edge, published }: BundlePlace, { leaves }: BundleExam): GrownTree {
  const hashes = toHashes(leaves);
  const begin = bundle.index * TILE_WIDTH;
  if (!edge || !hashes) {
    const unknown = begin + leaves.findIndex(({ hash }) => hash === null);
    const detail = `not known: nothing says what leaf ${unknown} is`;
    const findings: Finding[] = [{ code: "ledger/root-differs", file: CHECKPOINT_PATH, detail }];
    return { edge: null, complete: [], findings: edge ? findings : [] };
  }
  const covered = (published?.size ?? 0) - begin;
  const isHere = covered > 0 && covered <= bundle.width;
  const findings = isHere ? verifyRoot(growEdge(edge, hashes.slice(0, covered)).edge, published) : [];
  const grown = growEdge(edge, hashes);
  const complete = grown.tiles.filter(({ tile }) => tile.level > 0 && tile.width === TILE_WIDTH);
  return { edge: grown.edge, complete, findings };
}

/** A tree of the size that the checkpoint says, or of none where that is none. */
export function verifyRoot(edge: TreeEdge, published: TreeHead | null): readonly Finding[] {
  const { size, root } = toHead(edge);
  if (published?.size !== size || isSameHash(published.root, root)) return [];
  return [{ code: "ledger/root-differs", file: CHECKPOINT_PATH, detail: `at size ${size}` }];
}

/** The tiles above the leaves that are partial in the whole tree. */
export async function examineEdge(
  disk: Disk,
  edge: TreeEdge | null,
  size: number,
  isGrowing: boolean,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const tile of edge ? listPartialTiles(size) : []) {
    const hashes = edge?.tiles[tile.level] ?? [];
    if (tile.level === 0) continue;
    findings.push(...(await examineTileFiles(disk, tile, verifyTileBytes(encodeTile(hashes)), isGrowing)));
  }
  return findings;
}
