import { open, readFile, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { LeixError } from "@leix/protocol";
import type { CosignedMemory } from "./ports.ts";

/** In the service's own folder, beside its store. Removing it makes the service forget, and nothing else. */
export const COSIGNED_FILE = "cosigned";

/** One small file, replaced as a whole: after a crash there is the old one or the new one. */
export function createCosignedFile(folder: string): CosignedMemory {
  const file = join(folder, COSIGNED_FILE);
  return {
    async load() {
      try {
        return await readFile(file);
      } catch (cause) {
        if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return null;
        throw new LeixError("ledger/store-failed", `cannot read ${file}`, { cause });
      }
    },
    async save(note) {
      const partial = `${file}.partial`;
      try {
        await writeDurably(partial, note);
        await rename(partial, file);
        await syncFolder(dirname(file));
      } catch (cause) {
        throw new LeixError("ledger/store-failed", `cannot write ${file}`, { cause });
      }
    },
  };
}

async function writeDurably(file: string, bytes: Uint8Array): Promise<void> {
  await using handle = await open(file, "w", 0o600);
  await handle.writeFile(bytes);
  await handle.sync();
}

/** A rename is durable once the folder is. */
async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder, "r");
  await handle.sync();
}
