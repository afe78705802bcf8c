import type { Disk } from "./disk.ts";
import type { FilePlacer } from "./file-placer.ts";
import { encodeRecordPath } from "./layout.ts";
import { BLOCK_BYTES } from "./limits.ts";
import { readRecordLines } from "./record-lines.ts";

/**
 * Puts an empty line in place of each of the first records of a file, and gives the size it then has. The old
 * file is replaced as a whole, durably; whether a medium still has its bytes somewhere is the medium's.
 */
export async function eraseBundle(
  disk: Disk,
  placer: FilePlacer,
  bundle: number,
  count: number,
): Promise<number> {
  const path = encodeRecordPath(bundle);
  const size = (await disk.size(path)) ?? 0;
  const { lines, at } = await findEnd(disk, path, count);
  // Nothing but line ends: they were erased before.
  if (at === lines) return size;
  const draft = placer.nameDraft();
  await disk.write(draft, [Buffer.alloc(lines, "\n")], 0);
  for (let from = at; from < size; from += BLOCK_BYTES) {
    const block = (await disk.read(path, from, from + BLOCK_BYTES)) ?? new Uint8Array();
    await disk.write(draft, [block], lines + from - at);
  }
  await placer.place([{ path, draft }]);
  return lines + size - at;
}

/** Where the first lines end, and how many there are of those asked for. */
async function findEnd(disk: Disk, path: string, count: number): Promise<{ lines: number; at: number }> {
  let [lines, at] = [0, 0];
  for await (const line of readRecordLines(disk, path)) {
    if (lines === count) break;
    [lines, at] = [lines + 1, line.end + 1];
  }
  return { lines, at };
}
