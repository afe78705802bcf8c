import { open, readFile, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Digest, LeixError, parseSchema } from "@leix/protocol";
import { z } from "zod";
import type { Memory } from "./ports.ts";

/** In the auditor's own folder. Removing it makes the auditor forget, and nothing else. */
export const SEEN_FILE = "seen.json";

const SeenFile = z.strictObject({ v: z.literal(1), records: z.int().min(1), digest: Digest });

/** One small file, replaced as a whole: after a crash there is the old one or the new one. */
export function createSeenFile(folder: string): Memory {
  const file = join(folder, SEEN_FILE);
  return {
    async load() {
      const text = await readText(file);
      if (text === undefined) return undefined;
      const { records, digest } = parseSchema(SeenFile, parseJson(text), "config/invalid");
      return { records, digest };
    },
    async save(seen) {
      const partial = `${file}.partial`;
      await writeDurably(partial, `${JSON.stringify({ v: 1, ...seen })}\n`);
      await rename(partial, file);
      await syncFolder(dirname(file));
    },
  };
}

async function readText(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
    throw new LeixError("config/invalid", `cannot read ${file}`, { cause });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new LeixError("config/invalid", `${SEEN_FILE} is not JSON`, { cause });
  }
}

async function writeDurably(file: string, text: string): Promise<void> {
  await using handle = await open(file, "w", 0o600);
  await handle.writeFile(text);
  await handle.sync();
}

/** A rename is durable once the folder is. */
async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder, "r");
  await handle.sync();
}
