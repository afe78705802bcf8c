import { open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Digest, decodeBase64url, encodeBase64url, LeixError, parseSchema } from "@leix/protocol";
import { type CompactRange, parseRange } from "@leix/tlog";
import { z } from "zod";
import type { Memory, Seen } from "./seen.ts";

/** In the follower's own folder. Removing it makes the follower forget, and nothing else. */
export const SEEN_FILE = "seen.json";

/** A write that is as old as this was a process's that has ended. */
const ABANDONED_MS = 60_000;

const SeenFile = z
  .strictObject({
    v: z.literal(1),
    records: z.int().min(1),
    digest: Digest,
    /** RFC 9162 section 2.1.2: hashes of the complete subtrees, the largest first. */
    tree: z.array(Digest).min(1),
    checkpoint: z.strictObject({ size: z.int().min(0), root: Digest, at: z.int().min(0) }).optional(),
  })
  .refine(({ records, checkpoint }) => checkpoint === undefined || checkpoint.size <= records);

/**
 * One small file, replaced as a whole: after a crash there is the old one or the new one. Instances of one
 * service share it; each writes a draft of its own.
 */
export function createSeenFile(folder: string): Memory {
  const file = join(folder, SEEN_FILE);
  const draft = `${file}.${process.pid}.draft`;
  return {
    async load() {
      await removeAbandoned(folder);
      return loadSeen(file);
    },
    async save(seen) {
      const kept = await loadSeen(file).catch(() => undefined);
      const newest = toNewest(kept, seen);
      if (newest === kept) return;
      await writeDurably(draft, `${JSON.stringify(encodeSeen(newest))}\n`);
      await rename(draft, file);
      await syncFolder(dirname(file));
    },
  };
}

/** `kept` itself where nothing is newer. */
function toNewest(kept: Seen | undefined, seen: Seen): Seen {
  if (!kept) return seen;
  const isLonger = seen.records > kept.records;
  const isAhead = (seen.checkpoint?.size ?? -1) > (kept.checkpoint?.size ?? -1);
  if (!isLonger && !isAhead) return kept;
  const { checkpoint } = isAhead ? seen : kept;
  return { ...(isLonger ? seen : kept), ...(checkpoint ? { checkpoint } : {}) };
}

function encodeSeen({ records, digest, tree, checkpoint }: Seen): z.infer<typeof SeenFile> {
  return {
    ...{ v: 1, records, digest, tree: tree.hashes.map(toText) },
    ...(checkpoint ? { checkpoint: { ...checkpoint, root: toText(checkpoint.root) } } : {}),
  };
}

function toText(hash: Uint8Array): Digest {
  return Digest.parse(encodeBase64url(hash));
}

function toHash(text: string): Uint8Array {
  return decodeBase64url(text) ?? new Uint8Array();
}

async function loadSeen(file: string): Promise<Seen | undefined> {
  const text = await readText(file);
  if (text === undefined) return undefined;
  const { records, digest, tree, checkpoint } = parseSchema(SeenFile, parseJson(text), "config/invalid");
  return {
    ...{ records, digest, tree: toRange(records, tree) },
    ...(checkpoint ? { checkpoint: { ...checkpoint, root: toHash(checkpoint.root) } } : {}),
  };
}

function toRange(records: number, tree: readonly string[]): CompactRange {
  try {
    return parseRange({ begin: 0, end: records, hashes: tree.map(toHash) });
  } catch (cause) {
    throw new LeixError("config/invalid", `${SEEN_FILE}: not the tree of ${records} records`, { cause });
  }
}

async function readText(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    if (isMissing(cause)) return undefined;
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

/** Drafts of processes that were killed while they wrote. Another instance's may be under way. */
async function removeAbandoned(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  const drafts = names.filter((name) => name.startsWith(`${SEEN_FILE}.`) && name.endsWith(".draft"));
  for (const name of drafts) {
    const { mtimeMs } = await stat(join(folder, name)).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs > ABANDONED_MS) await rm(join(folder, name), { force: true });
  }
}

function isMissing(cause: unknown): boolean {
  return cause instanceof Error && "code" in cause && cause.code === "ENOENT";
}
