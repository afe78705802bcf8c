import { encodeTile, listPartialTiles, TILE_WIDTH } from "@leix/tlog";
import { BoundedList } from "../check/bounded-list.ts";
import { checkDisk, examineFormat, refuseNoStore, type StoreReport } from "../check/check-store.ts";
import { createTolerantDisk } from "../check/tolerant-disk.ts";
import type { Disk } from "../disk.ts";
import { placeErasure } from "../erasure-statement.ts";
import { FilePlacer } from "../file-placer.ts";
import { CHECKPOINT_PATH, DRAFTS_FOLDER, ERASED_PATH, FORMAT_BYTES, FORMAT_PATH, ROOT } from "../layout.ts";
import { createNodeDisk } from "../node-disk.ts";
import { removeSealedBefore } from "../sealed-state.ts";
import { lockStore } from "../store-lock.ts";
import { EMPTY_EDGE, type TreeEdge } from "../tree-edge.ts";
import type { RepairSource } from "./resolution.ts";
import { type RepairAction, removeStrays, rewriteBundle, rewriteHashes } from "./rewriting.ts";
import { findRestorable, findStanding, type RepairOptions, resolveBundles, type Standing } from "./survey.ts";
import type { Workshop } from "./workshop.ts";

export interface RepairReport {
  /** What was done, at most FINDINGS_MAX of it, and how much more there is. */
  readonly actions: readonly RepairAction[];
  readonly more: number;
  /** What a check finds afterwards. */
  readonly left: StoreReport;
}

/**
 * Restores a store: records from the source, each verified by its digest; entries, tiles from what is whole.
 * First all of it is looked at and nothing written: where the result would not be the tree whose root the
 * checkpoint signs, nothing is. Records past the checkpoint that nobody has any more are cut off: they are
 * appended again from LEDGER. What is not the store's stays.
 *
 * Throws `ledger/unrepairable`, `ledger/source-differs`, and what `checkStore` throws.
 */
export async function repairStore(
  folder: string,
  source: RepairSource,
  options: RepairOptions,
): Promise<RepairReport> {
  const disk = createNodeDisk(folder);
  await refuseNoStore(disk);
  const lock = lockStore(folder);
  try {
    return await repairDisk(disk, source, options);
  } finally {
    lock.release();
  }
}

/** The same on any disk. */
export async function repairDisk(
  given: Disk,
  source: RepairSource,
  options: RepairOptions,
): Promise<RepairReport> {
  const before = await checkDisk(given, options);
  if (before.findings.length === 0) return { actions: [], more: 0, left: before };
  const disk = createTolerantDisk(given, () => {});
  const workshop: Workshop = { disk, placer: new FilePlacer(disk), source };
  const standing = await findStanding(workshop, options);
  const size = await findRestorable(workshop, standing);

  const actions = new BoundedList<RepairAction>();
  await workshop.placer.removeFolder(DRAFTS_FOLDER);
  if ((await examineFormat(disk)).length > 0) {
    await place(workshop, FORMAT_PATH, FORMAT_BYTES);
    actions.add({ file: FORMAT_PATH, did: "made-again", detail: "this layout" });
  }
  for await (const action of rewriteTree(workshop, size, standing)) actions.add(action);
  if (standing.isErasureBroken) actions.add(await rewriteErasure(workshop, standing));
  for (const file of await removeErasedStates(disk, standing)) {
    actions.add({ file, did: "removed", detail: "of an epoch that is erased" });
  }
  const { published, brokenNote } = standing;
  if (published && brokenNote) {
    await place(workshop, CHECKPOINT_PATH, published.note);
    const how =
      brokenNote === "whole"
        ? ({ did: "restored-from-source", detail: toNoteDetail(published.size, size) } as const)
        : ({ did: "made-again", detail: "without the cosignatures that are not sound" } as const);
    actions.add({ file: CHECKPOINT_PATH, ...how });
  }
  // Without a checkpoint nobody knows that what is beyond a gap is none of it.
  if (published) actions.add(...(await removeStrays(disk, size)));
  return { actions: actions.items, more: actions.more, left: await checkDisk(given, options) };
}

/** Everything that makes up a tree of this size. */
async function* rewriteTree(
  workshop: Workshop,
  size: number,
  standing: Standing,
): AsyncGenerator<RepairAction, void> {
  let edge: TreeEdge = EMPTY_EDGE;
  for await (const resolved of resolveBundles(workshop, size, standing)) {
    yield* await rewriteBundle(workshop, resolved);
    for (const { tile, bytes } of resolved.grown.tiles) {
      const isWhole = tile.level > 0 && tile.width === TILE_WIDTH;
      if (isWhole) yield* await rewriteHashes(workshop, tile, bytes);
    }
    edge = resolved.grown.edge;
  }
  for (const tile of listPartialTiles(size)) {
    const hashes = edge.tiles[tile.level] ?? [];
    if (tile.level > 0) yield* await rewriteHashes(workshop, tile, encodeTile(hashes));
  }
}

/** By now a record is missing only where it may be. Whoever writes next erases what is left. */
async function rewriteErasure(
  { disk, placer, source }: Workshop,
  { erasure }: Standing,
): Promise<RepairAction> {
  if (!erasure) {
    await disk.remove(ERASED_PATH);
    await disk.syncFolder(ROOT);
    return { file: ERASED_PATH, did: "removed", detail: "nothing is erased" };
  }
  const { index, digest } = erasure.seal;
  const told = (await source.erasure?.()) ?? null;
  const at = told?.seal.index === index && told.seal.digest === digest ? told.at : null;
  await placeErasure(placer, { ...erasure, at });
  const when = at === null ? "when that was is lost" : "when that was, the copy says";
  const detail = `up to the seal that is record ${index}; ${when}`;
  return { file: ERASED_PATH, did: "made-again", detail };
}

/** The copy's may be older than the one that was lost: nothing here signs what came between. */
function toNoteDetail(published: number, size: number): string {
  const after = size - published;
  const count = after === 1 ? "1 record after it is" : `${after} records after it are`;
  return `of size ${published}${after === 0 ? "" : `; ${count} under no checkpoint until the next one`}`;
}

async function removeErasedStates(disk: Disk, { erasure }: Standing): Promise<readonly string[]> {
  return erasure ? removeSealedBefore(disk, erasure.seal.index) : [];
}

async function place({ placer }: Workshop, path: string, bytes: Uint8Array): Promise<void> {
  await placer.place(await placer.draft([{ path, bytes }]));
}
