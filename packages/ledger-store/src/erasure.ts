import { LeixError, parseLeafEntry } from "@leix/protocol";
import { decodeBundle, TILE_WIDTH } from "@leix/tlog";
import type { Disk } from "./disk.ts";
import { type Erasure, isDue, loadEntry, loadVerifiedErasure } from "./erasure-statement.ts";
import type { FilePlacer } from "./file-placer.ts";
import { encodeRecordPath } from "./layout.ts";
import { BLOCK_BYTES, BUNDLE_RECORDS_MAX } from "./limits.ts";
import { type RecordLine, readRecordLines } from "./record-lines.ts";
import { readRecords } from "./stored-records.ts";
import { findWidth, loadTile } from "./tile-files.ts";

/**
 * What is to be erased, once all of it is seen to be whole or erased before: what is damaged cannot be told
 * from what is to stay. Throws `ledger/seal-missing`, `ledger/store-damaged`.
 */
export async function planErasure(
  disk: Disk,
  { seal, at, covered }: { readonly seal: number; readonly at: number; readonly covered: number },
): Promise<Erasure> {
  const before = await loadVerifiedErasure(disk);
  if (before && before.seal.index >= seal) return before;
  const entry = seal < covered ? await loadEntry(disk, seal) : null;
  if (entry?.kind !== "seal") throw new LeixError("ledger/seal-missing", `record ${seal} of ${covered}`);
  const erasure = { seal: { index: seal, digest: entry.digest }, at, isDone: false };
  const records = readRecords(disk, 0, seal + 1, covered);
  while (!(await records.next()).done);
  return erasure;
}

const NEWLINE = Uint8Array.of(0x0a);

/**
 * Puts an empty line in place of each record of a file whose time is over, and gives the size that the file
 * then has. It is replaced as a whole, durably, or left where nothing is to be done; whether a medium still
 * has its bytes somewhere is the medium's. The lines are those of the entries: who calls this has seen to it.
 */
export async function eraseBundle(
  disk: Disk,
  placer: FilePlacer,
  bundle: number,
  erasure: Erasure,
): Promise<number> {
  const path = encodeRecordPath(bundle);
  const isGoing = await createJudge(disk, bundle, erasure);
  let [before, after] = [0, 0];
  for await (const { line, at } of readNumbered(disk, path)) {
    before = line.end + 1;
    after += isGoing(at) ? 1 : line.end + 1 - line.at;
  }
  if (before === after) return after;
  const draft = placer.nameDraft();
  await disk.write(draft, [], 0);
  let [written, waiting, size]: [number, Uint8Array[], number] = [0, [], 0];
  const flush = async (): Promise<void> => {
    await disk.write(draft, waiting, written);
    [written, waiting, size] = [written + size, [], 0];
  };
  for await (const { line, at } of readNumbered(disk, path)) {
    const bytes = isGoing(at) ? new Uint8Array() : (line.bytes ?? new Uint8Array());
    waiting.push(bytes, NEWLINE);
    size += bytes.byteLength + 1;
    if (size >= BLOCK_BYTES) await flush();
  }
  await flush();
  await placer.place([{ path, draft }]);
  return after;
}

/** Says of each line of a file of records whether it is to be empty. */
async function createJudge(disk: Disk, index: number, erasure: Erasure): Promise<(at: number) => boolean> {
  const width = await findWidth(disk, { kind: "entries", index, width: TILE_WIDTH });
  const path = { kind: "entries", index, width } as const;
  const bytes = width === 0 ? null : await loadTile(disk, path);
  const entries = bytes ? decodeBundle(bytes, width).map(parseLeafEntry) : [];
  return (at) => {
    const entry = entries[at];
    return entry !== undefined && isDue(erasure, index * BUNDLE_RECORDS_MAX + at, entry);
  };
}

async function* readNumbered(
  disk: Disk,
  path: string,
): AsyncGenerator<{ readonly line: RecordLine; readonly at: number }, void> {
  let at = 0;
  for await (const line of readRecordLines(disk, path)) yield { line, at: at++ };
}
