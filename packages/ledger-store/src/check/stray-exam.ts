import type { Disk } from "../disk.ts";
import { isBeyond, parseStorePath, ROOT } from "../layout.ts";
import { walkFiles } from "../walk.ts";
import type { Finding } from "./finding.ts";

/** Every file that a store of this size does not have. */
export async function* examineStrays(disk: Disk, size: number): AsyncGenerator<Finding, void> {
  for await (const file of walkFiles(disk, ROOT)) {
    const path = parseStorePath(file);
    // By its size alone: whoever opens and closes a lock drops it.
    const isUsedLock = path.kind === "lock" && ((await disk.size(file)) ?? 0) > 0;
    const code = "ledger/file-stray";
    if (path.kind === "foreign") yield { code, file, detail: "nothing that a store has" };
    else if (path.kind === "draft") yield { code, file, detail: "a draft that a crash left" };
    else if (isUsedLock) yield { code, file, at: 0, detail: "a lock is empty" };
    else if (isBeyond(path, size)) yield { code, file, detail: `beyond a tree of ${size}` };
  }
}
