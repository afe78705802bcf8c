import { LeixError } from "@leix/protocol";
import {
  appendLeafHashes,
  appendRange,
  type CompactRange,
  createRange,
  decodeTile,
  encodeTile,
  encodeTilePath,
  type HashTile,
  listNewTiles,
  listPartialTiles,
  TILE_HEIGHT,
  TILE_WIDTH,
  type TreeHead,
  toRoot,
} from "@leix/tlog";

/** All of a tree that growing it needs: its right edge. A value; growing it makes another. */
export interface TreeEdge {
  readonly range: CompactRange;
  /** By level of tiles: the hashes of that level's partial tile, none where its last tile is full. */
  readonly tiles: readonly (readonly Uint8Array[])[];
}

export interface TileFile {
  readonly tile: HashTile;
  readonly bytes: Uint8Array;
}

export const EMPTY_EDGE: TreeEdge = { range: createRange(), tiles: [] };

export function toHead({ range }: TreeEdge): TreeHead {
  return { size: range.end, root: toRoot(range) };
}

/** A tree that grows, and the tiles in which it then differs from the one before: tlog-tiles. */
export class EdgeGrowth {
  readonly #before: number;
  /** By level of tiles: the hashes of the partial tile that was there, and all that came after. */
  readonly #rows: Uint8Array[][];
  #range: CompactRange;

  constructor({ range, tiles }: TreeEdge) {
    this.#before = range.end;
    this.#rows = tiles.map((hashes) => [...hashes]);
    this.#range = range;
  }

  add(leafHashes: readonly Uint8Array[]): void {
    this.#toRow(0).push(...leafHashes);
    this.#range = appendLeafHashes(this.#range, leafHashes, ({ level }, hash) => {
      if (level % TILE_HEIGHT === 0) this.#toRow(level / TILE_HEIGHT).push(hash);
    });
  }

  finish(): GrownEdge {
    const before = this.#before;
    const tiles = listNewTiles(before, this.#range.end).map((tile) => {
      const first = Math.floor(before / TILE_WIDTH ** (tile.level + 1));
      const from = (tile.index - first) * TILE_WIDTH;
      return { tile, bytes: encodeTile(this.#toRow(tile.level).slice(from, from + tile.width)) };
    });
    const partial = this.#rows.map((hashes) => hashes.slice(hashes.length - (hashes.length % TILE_WIDTH)));
    return { edge: { range: this.#range, tiles: partial }, tiles };
  }

  #toRow(level: number): Uint8Array[] {
    this.#rows[level] ??= [];
    return this.#rows[level];
  }
}

export interface GrownEdge {
  readonly edge: TreeEdge;
  readonly tiles: readonly TileFile[];
}

/** The same at once. */
export function growEdge(edge: TreeEdge, leafHashes: readonly Uint8Array[]): GrownEdge {
  const growth = new EdgeGrowth(edge);
  growth.add(leafHashes);
  return growth.finish();
}

/**
 * The edge of a tree of this size, from its partial tiles: nothing about it is verified until its root is.
 * Throws `tlog/tile-missing`, `tlog/tile`.
 */
export async function loadEdge(
  size: number,
  load: (tile: HashTile) => Promise<Uint8Array | null>,
): Promise<TreeEdge> {
  const tiles: (readonly Uint8Array[])[] = [];
  let range = createRange();
  // From the top, where the tree's first leaves are.
  for (const tile of listPartialTiles(size).toReversed()) {
    const bytes = await load(tile);
    if (!bytes) throw new LeixError("tlog/tile-missing", encodeTilePath(tile));
    const hashes = decodeTile(tile, bytes);
    const leaves = TILE_WIDTH ** tile.level;
    for (const hash of hashes) {
      range = appendRange(range, { begin: range.end, end: range.end + leaves, hashes: [hash] });
    }
    tiles[tile.level] = hashes;
  }
  return { range, tiles: Array.from(tiles, (hashes) => hashes ?? []) };
}
