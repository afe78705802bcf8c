import { open, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { LeixError, parseSchema } from "@leix/protocol";
import { NETWORK_FILES } from "@leix/runtime";
import { z } from "zod";

/**
 * `operator/restoring.json`, there while LEDGER is being recreated: by when the stream was made, a run after
 * a crash knows the one that it has begun to fill from the one that was damaged. Of a rotation, it is the one
 * that is taken away.
 */
const RestoreJournal = z.strictObject({ v: z.literal(1), created: z.string() });

const JOURNAL_FILE = join(NETWORK_FILES.operator, "restoring.json");

/** Null where nothing was begun. Throws `config/invalid`. */
export async function loadJournal(dir: string): Promise<string | null> {
  try {
    const value: unknown = JSON.parse(await readFile(join(dir, JOURNAL_FILE), "utf8"));
    return parseSchema(RestoreJournal, value, "config/invalid").created;
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return null;
    throw cause instanceof LeixError ? cause : new LeixError("config/invalid", JOURNAL_FILE, { cause });
  }
}

/** Durable on return. */
export async function saveJournal(dir: string, created: string): Promise<void> {
  const file = join(dir, JOURNAL_FILE);
  {
    await using draft = await open(`${file}.draft`, "w", 0o600);
    await draft.writeFile(`${JSON.stringify({ v: 1, created })}\n`);
    await draft.sync();
  }
  await rename(`${file}.draft`, file);
  await using folder = await open(dirname(file), "r");
  await folder.sync();
}

export function removeJournal(dir: string): Promise<void> {
  return rm(join(dir, JOURNAL_FILE), { force: true });
}
