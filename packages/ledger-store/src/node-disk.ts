import { type Dirent, constants as fs } from "node:fs";
import { mkdir, open, readdir, rename, rmdir, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import { LeixError } from "@leix/protocol";
import type { Disk, DiskName } from "./disk.ts";

/** Tiles are for everyone, but who may have records is not for a file's mode to say: all is its owner's. */
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

/** A folder of this machine. Nothing is read or made before it is asked for. */
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
    write: (path, parts, at) => attempt("write", path, () => writeParts(to(path), parts, at)),
    truncate: (path, size) => attempt("cut", path, () => cut(to(path), size)),
    syncFolder: (path) => attempt("sync", path, () => sync(to(path))),
    rename: (from, path) => attempt("rename to", path, () => rename(to(from), to(path))),
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

/** What one call to the kernel takes: IOV_MAX of Linux. */
const PARTS_MAX = 1_024;

async function writeParts(path: string, parts: readonly Uint8Array[], at: number): Promise<void> {
  await using handle = await open(path, fs.O_WRONLY | fs.O_CREAT, FILE_MODE);
  let [left, place] = [parts.filter(({ byteLength }) => byteLength > 0), at];
  while (left.length > 0) {
    const { bytesWritten } = await handle.writev(left.slice(0, PARTS_MAX), place);
    place += bytesWritten;
    left = dropBytes(left, bytesWritten);
  }
  await handle.sync();
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
  await using handle = await open(path, fs.O_WRONLY);
  await handle.truncate(size);
  await handle.sync();
}

async function sync(path: string): Promise<void> {
  await using handle = await open(path, fs.O_RDONLY);
  await handle.sync();
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
