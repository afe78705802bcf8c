import { TILE_WIDTH } from "@leix/tlog";
import type { Disk } from "../disk.ts";
import { encodeRecordPath } from "../layout.ts";
import { readRecordLines } from "../record-lines.ts";
import { findWidth } from "../tile-files.ts";

/**
 * How many leaves there are: what the checkpoint covers, or more, if two of entries, leaf hashes and records
 * reach further. One of them alone may have lost a file, or have one too many.
 */
export async function findSize(disk: Disk, published: number): Promise<number> {
  const width = TILE_WIDTH;
  const extents = [
    await findExtent(published, (index) => findWidth(disk, { kind: "entries", index, width })),
    await findExtent(published, (index) => findWidth(disk, { kind: "hashes", level: 0, index, width })),
    await findExtent(published, (index) => countLines(disk, index)),
  ];
  const [, middle = 0] = extents.toSorted((a, b) => a - b);
  return Math.max(published, middle);
}

/** How far files reach without a gap, from the one on that has the last published leaf. */
async function findExtent(published: number, findCount: (index: number) => Promise<number>): Promise<number> {
  for (let index = Math.floor(published / TILE_WIDTH); ; index++) {
    const count = await findCount(index);
    if (count < TILE_WIDTH) return index * TILE_WIDTH + count;
  }
}

async function countLines(disk: Disk, bundle: number): Promise<number> {
  let count = 0;
  for await (const { isEnded } of readRecordLines(disk, encodeRecordPath(bundle))) {
    if (isEnded) count++;
    if (count === TILE_WIDTH) break;
  }
  return count;
}
