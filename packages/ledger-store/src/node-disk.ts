import {
  closeSync,
  type Dirent,
  constants as fs,
  fsync,
  ftruncateSync,
  openSync,
  renameSync,
  writev,
  writevSync,
} from "node:fs";
import { mkdir, open, readdir, rmdir, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { LeixError } from "@leix/protocol";
import { countBytes } from "./batch.ts";
import type { Disk, DiskName } from "./disk.ts";

/** Tiles are for everyone, but who may have records is not for a file's mode to say: all is its owner's. */
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

/**
 * A folder of this machine. Nothing is read or made before it is asked for. A write's threads wait for the
 * disk and nothing else: opening, naming and a few kilobytes are done in the kernel's memory, at once, sooner
 * than a thread is woken for them.
 */
export function createNodeDisk(folder: string): Disk {
  const to = (path: string) => join(folder, path);
  const attempt = <T>(what: string, path: string, work: () => Promise<T>) =>
    work().catch((cause: unknown) => {
      throw new LeixError("ledger/store-failed", `${what} ${to(path)}: ${codeOf(cause)}`, { cause });
    });
  return {
    read: (path, begin, end) => attempt("read", path, () => unlessAbsent(readBytes(to(path), begin, end))),
    size: (path) => attempt("stat", path, () => unlessAbsent(toFileSize(to(path)))),
    list: (path) => attempt("list", path, () => unlessAbsent(listNames(to(path)))),
    makeFolder: (path) => attempt("make", path, () => makeFolder(to(path))),
    create: (path) => attempt("create", path, () => withFile(to(path), TO_WRITE, async () => {})),
    write: (path, parts, at) => attempt("write", path, () => writeParts(to(path), parts, at)),
    truncate: (path, size) => attempt("cut", path, () => cut(to(path), size)),
    syncFolder: (path) => attempt("sync", path, () => withFile(to(path), fs.O_RDONLY, sync)),
    rename: (from, path) => attempt("rename to", path, async () => renameSync(to(from), to(path))),
    remove: (path) => attempt("remove", path, () => remove(to(path))),
  };
}

async function readBytes(path: string, begin = 0, end?: number): Promise<Uint8Array | null> {
  await using handle = await open(path, fs.O_RDONLY);
  const stats = await handle.stat();
  if (!stats.isFile()) return null;
  const bytes = Buffer.allocUnsafe(Math.max(0, Math.min(end ?? stats.size, stats.size) - begin));
  let filled = 0;
  while (filled < bytes.byteLength) {
    const { bytesRead } = await handle.read(bytes, filled, bytes.byteLength - filled, begin + filled);
    // Somebody cut the file meanwhile.
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}

async function toFileSize(path: string): Promise<number | null> {
  const stats = await stat(path);
  return stats.isFile() ? stats.size : null;
}

async function listNames(path: string): Promise<readonly DiskName[]> {
  return (await readdir(path, { withFileTypes: true })).map((one) => ({ name: one.name, kind: toKind(one) }));
}

function toKind(entry: Dirent): DiskName["kind"] {
  if (entry.isFile()) return "file";
  return entry.isDirectory() ? "folder" : "other";
}

async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { mode: FOLDER_MODE }).catch((cause: unknown) => {
    if (codeOf(cause) !== "EEXIST") throw cause;
  });
}

const TO_WRITE = fs.O_WRONLY | fs.O_CREAT;
/** What one call to the kernel takes: IOV_MAX of Linux. */
const PARTS_MAX = 1_024;
/** What is sooner copied than given to a thread. */
const AT_ONCE_BYTES_MAX = 65_536;

async function writeParts(path: string, parts: readonly Uint8Array[], at: number): Promise<void> {
  await withFile(path, TO_WRITE, async (file) => {
    let [left, place] = [parts.filter(({ byteLength }) => byteLength > 0), at];
    while (left.length > 0) {
      const bytesWritten = await writeSome(file, left.slice(0, PARTS_MAX), place);
      place += bytesWritten;
      left = dropBytes(left, bytesWritten);
    }
    await sync(file);
  });
}

async function writeSome(file: number, parts: readonly Uint8Array[], at: number): Promise<number> {
  if (countBytes(parts) <= AT_ONCE_BYTES_MAX) return writevSync(file, parts, at);
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  writev(file, parts, at, (error, bytesWritten) => (error ? reject(error) : resolve(bytesWritten)));
  return promise;
}

const sync = promisify(fsync);

async function withFile(path: string, flags: number, work: (file: number) => Promise<void>): Promise<void> {
  const file = openSync(path, flags, FILE_MODE);
  try {
    await work(file);
  } finally {
    closeSync(file);
  }
}

/** What comes after so many bytes. */
function dropBytes(parts: readonly Uint8Array[], bytes: number): Uint8Array[] {
  let dropped = 0;
  for (const [at, part] of parts.entries()) {
    if (dropped + part.byteLength > bytes) return [part.subarray(bytes - dropped), ...parts.slice(at + 1)];
    dropped += part.byteLength;
  }
  return [];
}

async function cut(path: string, size: number): Promise<void> {
  await withFile(path, fs.O_WRONLY, async (file) => {
    ftruncateSync(file, size);
    await sync(file);
  });
}

async function remove(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (cause) {
    const code = codeOf(cause);
    if (code === "EISDIR" || code === "EPERM") await rmdir(path);
    else if (code !== "ENOENT") throw cause;
  }
}

/** Null for a file or folder that is not there. */
async function unlessAbsent<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (cause) {
    if (["ENOENT", "ENOTDIR", "EISDIR"].includes(codeOf(cause))) return null;
    throw cause;
  }
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
}
