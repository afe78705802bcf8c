import type { Disk } from "./disk.ts";
import type { FilePlacer } from "./file-placer.ts";
import {
  isBeyond,
  parsePartialFolder,
  parseStorePath,
  RECORDS_FOLDER,
  TILES_FOLDER,
  toFolder,
} from "./layout.ts";
import { isExpired } from "./partial-tiles.ts";
import { walkFiles } from "./walk.ts";

/**
 * Removes what a crash left beyond a tree of this size, durably: what is written there next may differ. And
 * the partial tiles whose time had come.
 */
export async function removeStrays(disk: Disk, placer: FilePlacer, size: number): Promise<void> {
  const expired: string[] = [];
  const enter = (folder: string): boolean => {
    const tile = parsePartialFolder(folder);
    if (!tile || !isExpired(tile, size)) return true;
    expired.push(folder);
    return false;
  };
  const folders = new Set<string>();
  for (const top of [TILES_FOLDER, RECORDS_FOLDER]) {
    for await (const path of walkFiles(disk, top, enter)) {
      if (!isBeyond(parseStorePath(path), size)) continue;
      await disk.remove(path);
      folders.add(toFolder(path));
    }
  }
  for (const folder of folders) await disk.syncFolder(folder);
  for (const folder of expired) await placer.removeFolder(folder);
}
