import type { ErrorCode } from "@leix/protocol";
import {
  type EntryBundle,
  encodeBundle,
  encodeTile,
  HASH_BYTES,
  type HashTile,
  parseTilePath,
  TILE_WIDTH,
  type Tile,
} from "@leix/tlog";
import type { BundleExam } from "../check/bundle-exam.ts";
import type { Finding } from "../check/finding.ts";
import { examineStrays } from "../check/stray-exam.ts";
import { examineTileFiles, type Verify, verifyBundleBytes, verifyTileBytes } from "../check/tile-exam.ts";
import type { Disk } from "../disk.ts";
import { encodeRecordPath, isBeyond, parseStorePath, toFolder } from "../layout.ts";
import { BLOCK_BYTES } from "../limits.ts";
import { fetchRecord, type RepairSource, type ResolvedLeaf } from "./resolution.ts";
import type { ResolvedBundle } from "./survey.ts";
import type { Workshop } from "./workshop.ts";

/** What a repair did to one file. */
export interface RepairAction {
  readonly file: string;
  readonly did: "made-again" | "restored-from-source" | "removed";
  readonly detail: string;
}

/** What is broken of a bundle: its records, entries, and leaf hashes. */
export async function rewriteBundle(
  workshop: Workshop,
  { bundle, exam, leaves }: ResolvedBundle,
): Promise<readonly RepairAction[]> {
  const isBroken =
    leaves.some(({ record }) => record.from === "source") ||
    exam.findings.some(({ code }) => LINE_CODES.includes(code));
  const { index, width } = bundle;
  const tile = { kind: "hashes", level: 0, index, width } as const;
  const entries = (of: number) => encodeBundle(leaves.slice(0, of).map(({ entry }) => entry));
  const hashes = encodeTile(leaves.map(({ hash }) => hash));
  return [
    ...(isBroken ? [await rewriteRecords(workshop, bundle, exam, leaves)] : []),
    ...(await rewriteFiles(workshop, bundle, verifyBundleBytes(leaves), entries)),
    ...(await rewriteHashes(workshop, tile, hashes)),
  ];
}

/** A tile, and the narrower ones of it that are there. */
export function rewriteHashes(
  workshop: Workshop,
  tile: HashTile,
  bytes: Uint8Array,
): Promise<readonly RepairAction[]> {
  const expected = (width: number) => bytes.subarray(0, width * HASH_BYTES);
  return rewriteFiles(workshop, tile, verifyTileBytes(bytes), expected);
}

/** What writing the lines again puts right. That a whole record is malformed is not. */
const LINE_CODES: readonly ErrorCode[] = [
  "ledger/file-missing",
  "ledger/file-stray",
  "ledger/record-differs",
  "ledger/record-erased",
];

async function rewriteFiles(
  { disk, placer }: Workshop,
  tile: Tile,
  verify: Verify,
  expected: (width: number) => Uint8Array,
): Promise<readonly RepairAction[]> {
  const findings = await examineTileFiles(disk, tile, verify, false);
  const files = findings.map(({ file }) => ({ path: file, bytes: expected(parseTilePath(file).width) }));
  if (files.length > 0) await placer.place(await placer.draft(files));
  return files.map(({ path }) => ({ file: path, did: "made-again", detail: "from the leaves below it" }));
}

/** Writes a file of records again: the lines that are whole, and the source's in place of the others. */
async function rewriteRecords(
  { disk, placer, source }: Workshop,
  { index }: EntryBundle,
  exam: BundleExam,
  leaves: readonly ResolvedLeaf[],
): Promise<RepairAction> {
  const path = encodeRecordPath(index);
  const [draft] = await placer.draft([{ path, bytes: new Uint8Array() }]);
  if (!draft) throw new Error("a draft for each file");
  let [written, waiting, size]: [number, Uint8Array[], number] = [0, [], 0];
  const flush = async (): Promise<void> => {
    await disk.write(draft.draft, waiting, written);
    [written, waiting, size] = [written + size, [], 0];
  };
  for (const [at, leaf] of leaves.entries()) {
    const line = await readLine(disk, path, index * TILE_WIDTH + at, leaf, source);
    waiting.push(line, NEWLINE);
    size += line.byteLength + 1;
    if (size >= BLOCK_BYTES) await flush();
  }
  await flush();
  await placer.place([draft]);
  return toRecordAction(path, index * TILE_WIDTH, exam, leaves);
}

function toRecordAction(
  file: string,
  base: number,
  exam: BundleExam,
  leaves: readonly ResolvedLeaf[],
): RepairAction {
  const indexesOf = (is: (leaf: ResolvedLeaf, at: number) => boolean) =>
    leaves.flatMap((leaf, at) => (is(leaf, at) ? [base + at] : []));
  const taken = indexesOf(({ record }) => record.from === "source");
  const erased = indexesOf(
    ({ record }, at) => record.from === "nowhere" && exam.leaves[at]?.record.state !== "erased",
  );
  const parts = [
    ...(taken.length > 0 ? [`records ${toRanges(taken)}`] : []),
    ...(erased.length > 0 ? [`erased, as their epoch is: ${toRanges(erased)}`] : []),
  ];
  const detail = parts.join("; ") || "from its own whole lines";
  return { file, did: taken.length > 0 ? "restored-from-source" : "made-again", detail };
}

/** Removes tiles, bundles and records that no store of this size has. */
export async function removeStrays(disk: Disk, size: number): Promise<readonly RepairAction[]> {
  const strays: Finding[] = [];
  for await (const stray of examineStrays(disk, size)) {
    if (isBeyond(parseStorePath(stray.file), size)) strays.push(stray);
  }
  for (const { file } of strays) await disk.remove(file);
  for (const folder of new Set(strays.map(({ file }) => toFolder(file)))) await disk.syncFolder(folder);
  return strays.map(({ file, detail }) => ({ file, did: "removed", detail }));
}

const NEWLINE = Uint8Array.of(0x0a);

async function readLine(
  disk: Disk,
  path: string,
  index: number,
  leaf: ResolvedLeaf,
  source: RepairSource,
): Promise<Uint8Array> {
  const { record } = leaf;
  if (record.from === "nowhere") return new Uint8Array();
  if (record.from === "source") return fetchRecord(index, leaf, source);
  return (await disk.read(path, record.at, record.end)) ?? new Uint8Array();
}

/** `3 to 5, 9` */
function toRanges(sorted: readonly number[]): string {
  const ranges: { first: number; last: number }[] = [];
  for (const one of sorted) {
    const range = ranges.at(-1);
    if (range?.last === one - 1) range.last = one;
    else ranges.push({ first: one, last: one });
  }
  return ranges.map(({ first, last }) => (first === last ? `${first}` : `${first} to ${last}`)).join(", ");
}
