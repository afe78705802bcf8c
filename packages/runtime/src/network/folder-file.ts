import { mkdir, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { LeixError } from "@leix/protocol";

/** One file to be written, relative to its folder. */
export interface FolderFile {
  readonly path: string;
  readonly text: string;
  /** Readable by its owner only. */
  readonly isSecret: boolean;
}

export const FOLDER_MODE = 0o700;
export const SECRET_MODE = 0o600;
export const PUBLIC_MODE = 0o644;

export function toSecret(path: string, text: string): FolderFile {
  return { path, text, isSecret: true };
}

export function toPublic(path: string, text: string): FolderFile {
  return { path, text, isSecret: false };
}

/** Two spaces, a line end: for people to read and compare. */
export function toJsonFile(path: string, value: unknown): FolderFile {
  return toPublic(path, `${JSON.stringify(value, null, 2)}\n`);
}

/** The same files, one folder further down. */
export function moveInto(folder: string, files: readonly FolderFile[]): FolderFile[] {
  return files.map((file) => ({ ...file, path: `${folder}/${file.path}` }));
}

/** Throws `config/network-exists` unless the folder is missing or empty. */
export async function refuseUsedFolder(folder: string): Promise<void> {
  try {
    const names = await readdir(folder);
    if (names.length === 0) return;
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return;
    throw new LeixError("config/network-exists", folder, { cause });
  }
  throw new LeixError("config/network-exists", folder);
}

/**
 * Writes new files in the order given, every folder on the way for its owner only. An existing file is an
 * error.
 */
export async function writeFolder(folder: string, files: readonly FolderFile[]): Promise<void> {
  for (const { path, text, isSecret } of files) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true, mode: FOLDER_MODE });
    await writeFile(file, text, { flag: "wx", mode: isSecret ? SECRET_MODE : PUBLIC_MODE });
  }
}
