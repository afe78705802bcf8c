import type { Disk } from "./disk.ts";
import { toPath } from "./layout.ts";

/** Every file below a folder, and what is neither file nor folder; in the folders that `enter` lets in. */
export async function* walkFiles(
  disk: Disk,
  folder: string,
  enter: (folder: string) => boolean = () => true,
): AsyncGenerator<string, void> {
  for (const { name, kind } of (await disk.list(folder)) ?? []) {
    const path = toPath(folder, name);
    if (kind !== "folder") yield path;
    else if (enter(path)) yield* walkFiles(disk, path, enter);
  }
}
