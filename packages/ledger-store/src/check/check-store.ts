import { LeixError } from "@leix/protocol";
import { listBundles, TILE_WIDTH } from "@leix/tlog";
import type { Disk } from "../disk.ts";
import type { Erasure } from "../erasure-statement.ts";
import { CHECKPOINT_PATH, FORMAT_BYTES, FORMAT_PATH, RECORDS_FOLDER, ROOT, TILES_FOLDER } from "../layout.ts";
import { createNodeDisk } from "../node-disk.ts";
import { lockStore } from "../store-lock.ts";
import { EMPTY_EDGE, type TreeEdge } from "../tree-edge.ts";
import { BoundedList } from "./bounded-list.ts";
import { type BundleExam, type ExamOptions, examineBundle } from "./bundle-exam.ts";
import { examineCheckpoint, type NoteKeys } from "./checkpoint-exam.ts";
import { examineErasure } from "./erasure-exam.ts";
import { type Finding, findDifference } from "./finding.ts";
import { examineSealed } from "./sealed-exam.ts";
import { findSize } from "./store-size.ts";
import { examineStrays } from "./stray-exam.ts";
import { examineTileFiles, verifyTileBytes } from "./tile-exam.ts";
import { createTolerantDisk } from "./tolerant-disk.ts";
import {
  type BundlePlace,
  examineBundleFiles,
  examineEdge,
  growExamined,
  isProven,
  verifyRoot,
} from "./tree-exam.ts";

export interface CheckOptions extends NoteKeys {
  /**
   * `whole` (the default): all that is in the folder, which no writer may have open. `published`: what the
   * checkpoint covers, also while a writer goes on; what is beyond is not looked at.
   */
  readonly extent?: "whole" | "published";
  /**
   * `parsed` (the default): every record is taken apart too. `digests`: that it is what was appended is
   * enough; ten times as fast.
   */
  readonly records?: "parsed" | "digests";
  /** Called after each bundle. */
  readonly onProgress?: (leaves: number, size: number) => void;
}

export interface StoreReport {
  /** How many leaves the store has, and how many of them its checkpoint covers: null without a checkpoint. */
  readonly size: number;
  readonly published: number | null;
  /** How many records were erased, below the seal that the store names: valid, record erased. */
  readonly erased: number;
  /** At most FINDINGS_MAX of them. None: every byte is what it has to be. */
  readonly findings: readonly Finding[];
  /** How many more there are. */
  readonly more: number;
}

/**
 * Checks every byte of a store. Changes nothing. Throws `ledger/store-locked`, `ledger/store-format` where
 * there is no store at all, `ledger/store-failed` where the disk cannot be read, `tlog/key`.
 */
export async function checkStore(folder: string, options: CheckOptions): Promise<StoreReport> {
  const disk = createNodeDisk(folder);
  await refuseNoStore(disk);
  if (options.extent === "published") return checkDisk(disk, options);
  const lock = lockStore(folder);
  try {
    return await checkDisk(disk, options);
  } finally {
    lock.release();
  }
}

/** The same on any disk, to which nobody else writes what is looked at. */
export async function checkDisk(given: Disk, options: CheckOptions): Promise<StoreReport> {
  const list = new BoundedList<Finding>();
  const disk = createTolerantDisk(given, (finding) => list.add(finding));
  const isGrowing = options.extent === "published";
  list.add(...(await examineFormat(disk)));
  const { published, findings } = await examineCheckpoint(disk, options);
  list.add(...findings);
  const { erasure, findings: untrue } = await examineErasure(disk, published);
  list.add(...untrue);
  const size = isGrowing ? (published?.size ?? 0) : await findSize(disk, published?.size ?? 0);
  if (!published && findings.length === 0 && size > 0) list.add(UNPUBLISHED);
  let erased = 0;
  let edge: TreeEdge | null = EMPTY_EDGE;
  list.add(...verifyRoot(edge, published));
  for (const bundle of listBundles(0, size, size)) {
    const place: BundlePlace = { bundle, size, edge, published };
    const exam = await examineBundle(disk, bundle, toExamOptions(options, erasure), (hashes) =>
      isProven(disk, place, hashes),
    );
    list.add(...exam.findings, ...(await examineBundleFiles(disk, bundle, exam, isGrowing)));
    erased += countErased(exam);
    const grown = growExamined(place, exam);
    edge = grown.edge;
    for (const { tile, bytes } of grown.complete) {
      list.add(...(await examineTileFiles(disk, tile, verifyTileBytes(bytes), isGrowing)));
    }
    list.add(...grown.findings);
    options.onProgress?.(bundle.index * TILE_WIDTH + bundle.width, size);
  }
  list.add(...(await examineEdge(disk, edge, size, isGrowing)));
  for await (const finding of examineSealed(disk, size, erasure)) list.add(finding);
  if (!isGrowing) for await (const stray of examineStrays(disk, size)) list.add(stray);
  return { size, published: published?.size ?? null, erased, findings: list.items, more: list.more };
}

export function toExamOptions(
  { extent, records }: Pick<CheckOptions, "extent" | "records">,
  erasure: Erasure | null,
): ExamOptions {
  return { erasure, isParsed: records !== "digests", isGrowing: extent === "published" };
}

function countErased({ leaves }: BundleExam): number {
  return leaves.filter(({ record }) => record.state === "erased").length;
}

/** So it is before the first checkpoint; afterwards the file was lost. */
const UNPUBLISHED: Finding = {
  code: "ledger/unpublished",
  file: CHECKPOINT_PATH,
  detail: "nothing signs what is here",
};

/** Throws `ledger/store-format` where the folder has nothing of a store. */
export function refuseNoStoreIn(folder: string): Promise<void> {
  return refuseNoStore(createNodeDisk(folder));
}

export async function refuseNoStore(disk: Disk): Promise<void> {
  const names = ((await disk.list(ROOT)) ?? []).map(({ name }) => name);
  const isStore = [FORMAT_PATH, TILES_FOLDER, RECORDS_FOLDER, CHECKPOINT_PATH].some((one) =>
    names.includes(one),
  );
  if (!isStore) throw new LeixError("ledger/store-format", "no store is here");
}

export async function examineFormat(disk: Disk): Promise<readonly Finding[]> {
  const bytes = await disk.read(FORMAT_PATH);
  if (!bytes) return [{ code: "ledger/file-missing", file: FORMAT_PATH, detail: "all of it" }];
  const at = findDifference(bytes, FORMAT_BYTES);
  if (at === null) return [];
  return [{ code: "ledger/bytes-differ", file: FORMAT_PATH, at, detail: "not this layout" }];
}
