import { createHash, randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import { createRestorer, listParts, type SnapshotPart, type State, type Trust } from "@leix/exchange";
import { decodeBase64url, encodeBase64url, LeixError } from "@leix/protocol";
import { parseRange } from "@leix/tlog";
import type { KeptTree } from "./replay-tree.ts";
import type { Passed } from "./sealing.ts";
import type { Counted } from "./tally.ts";

/** What an auditor keeps of a ledger that it has replayed, to go on from there another time. */
export interface ReplayMemory {
  readonly state: State;
  readonly tree: KeptTree;
  readonly counted: Counted;
  readonly passed: Passed;
  /** The leaf of the last record: the ledger that it goes on with has the same there. */
  readonly last: Uint8Array;
}

/** Of another form of the state, or of another program, nothing is read. */
const FORMAT = "leix-audit-memory";
const VERSION = 2;
const WRITE_LINES = 512;

interface Header {
  readonly format: typeof FORMAT;
  readonly v: typeof VERSION;
  readonly trust: Trust;
  readonly range: { readonly end: number; readonly hashes: readonly string[] };
  readonly roots: readonly { readonly size: number; readonly root: string }[];
  readonly counted: Counted;
  readonly passed: Passed;
  readonly last: string;
}

/**
 * Writes the whole of it, or nothing, for its owner alone. The last line is the digest of all before it: it
 * tells a damaged file, not one that somebody else wrote. Who may write the file decides what a later audit
 * believes.
 */
export async function writeMemory(path: string, memory: ReplayMemory): Promise<void> {
  const { state, tree, counted, passed } = memory;
  const partial = `${path}.${randomBytes(6).toString("hex")}.partial`;
  try {
    await using handle = await open(partial, "wx", 0o600);
    const { end, hashes } = tree.range;
    const range = { end, hashes: hashes.map(encodeBase64url) };
    const roots = tree.roots.map(({ size, root }) => ({ size, root: encodeBase64url(root) }));
    const last = encodeBase64url(memory.last);
    const place = { format: FORMAT, v: VERSION, trust: state.trust } as const;
    const header: Header = { ...place, range, roots, counted, passed, last };
    await writeLines(handle, header, listParts(state));
    await handle.sync();
    await rename(partial, path);
    await syncFolder(dirname(path));
  } finally {
    await rm(partial, { force: true });
  }
}

/** Null where there is none yet. Throws `audit/resume-unusable`. */
export async function loadMemory(path: string, trust: Trust): Promise<ReplayMemory | null> {
  const restorer = createRestorer(trust);
  try {
    const header = await readLines(path, (first) => verifyHeader(first, trust), restorer.add);
    if (!header) return null;
    const range = parseRange({ begin: 0, end: header.range.end, hashes: header.range.hashes.map(toHash) });
    const roots = header.roots.map(({ size, root }) => ({ size, root: toHash(root) }));
    const state = restorer.finish();
    if (state.head.index !== range.end) throw unusable("state and tree are not of one size");
    const { counted, passed } = header;
    return { state, tree: { range, roots }, counted, passed, last: toHash(header.last) };
  } catch (cause) {
    if (!(cause instanceof LeixError) || cause.code === "audit/resume-unusable") throw cause;
    throw new LeixError("audit/resume-unusable", cause.message, { cause });
  }
}

function verifyHeader(header: Header, trust: Trust): void {
  if (header.format !== FORMAT || header.v !== VERSION) throw unusable("another format");
  if (JSON.stringify(header.trust) !== JSON.stringify(trust)) throw unusable("of another exchange");
}

async function writeLines(handle: FileHandle, header: Header, parts: Iterable<SnapshotPart>): Promise<void> {
  const digest = createHash("sha256");
  let waiting: string[] = [];
  const flush = async (): Promise<void> => {
    const block = waiting.map((line) => `${line}\n`).join("");
    waiting = [];
    digest.update(block);
    await handle.writeFile(block);
  };
  waiting.push(JSON.stringify(header));
  for (const part of parts) {
    waiting.push(JSON.stringify(part));
    if (waiting.length === WRITE_LINES) await flush();
  }
  await flush();
  await handle.writeFile(`${digest.digest("base64url")}\n`);
}

/** The first line, after all others were added, one by one: together they may be larger than the state. */
async function readLines(
  path: string,
  verify: (header: Header) => void,
  add: (part: SnapshotPart) => void,
): Promise<Header | null> {
  const digest = createHash("sha256");
  let header: Header | undefined;
  let last: string | undefined;
  try {
    for await (const line of createInterface({ input: createReadStream(path) })) {
      if (last !== undefined) {
        digest.update(`${last}\n`);
        const parsed: unknown = JSON.parse(last);
        if (header) add(parsed as SnapshotPart);
        else {
          header = parsed as Header;
          verify(header);
        }
      }
      last = line;
    }
  } catch (cause) {
    if (cause instanceof LeixError) throw cause;
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return null;
    throw new LeixError("audit/resume-unusable", path, { cause });
  }
  if (last !== digest.digest("base64url") || !header) throw unusable("damaged");
  return header;
}

function toHash(text: string): Uint8Array {
  return decodeBase64url(text) ?? new Uint8Array();
}

function unusable(detail: string): LeixError {
  return new LeixError("audit/resume-unusable", detail);
}

async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder, "r");
  await handle.sync();
}
