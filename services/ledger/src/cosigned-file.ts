import { open, readFile, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { LeixError } from "@leix/protocol";
import { parseCheckpoint, parseNote } from "@leix/tlog";
import type { CosignedMemory } from "./ports.ts";

/** In the service's own folder, beside its store. Removing it makes the service forget, and nothing else. */
export const COSIGNED_FILE = "cosigned";

/**
 * One small file, replaced as a whole: after a crash there is the old one or the new one. What a disk has
 * made of it otherwise counts as none, and is told once: the next one that is cosigned takes its place.
 */
export function createCosignedFile(
  folder: string,
  onDamaged: (error: LeixError) => void = () => {},
): CosignedMemory {
  const file = join(folder, COSIGNED_FILE);
  let hasTold = false;
  return {
    async load() {
      const note = await readOptional(file);
      const damage = note && findDamage(note);
      if (!damage) return note;
      if (!hasTold) onDamaged(damage);
      hasTold = true;
      return null;
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

async function readOptional(file: string): Promise<Uint8Array | null> {
  try {
    return await readFile(file);
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return null;
    throw new LeixError("ledger/store-failed", `cannot read ${file}`, { cause });
  }
}

/** Of its form: its signatures are for whoever relies on them. */
function findDamage(note: Uint8Array): LeixError | null {
  try {
    parseCheckpoint(parseNote(note).text);
    return null;
  } catch (error) {
    if (error instanceof LeixError) return error;
    throw error;
  }
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
