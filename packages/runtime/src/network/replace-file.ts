import { open, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { SECRET_MODE } from "./folder-file.ts";

/**
 * Puts a content in the place of another, or where nothing was. Durable on return: after a crash the file
 * holds the one or the other, whole. For its owner only, unless another mode is given.
 */
export async function replaceFile(
  file: string,
  content: string | Uint8Array,
  mode: number = SECRET_MODE,
): Promise<void> {
  // Another process may replace the same file at the same time.
  const draft = `${file}.${process.pid}.draft`;
  await rm(draft, { force: true });
  await writeFile(draft, content, { flag: "wx", mode, flush: true });
  await rename(draft, file);
  await syncPath(dirname(file));
}

/** The names of what a crash in between leaves. */
export const DRAFT = /\.draft$/;

/** Durable on return. */
export async function removeFile(file: string): Promise<void> {
  await rm(file, { force: true });
  await syncPath(dirname(file));
}

/** A file's content, or a folder's names, are on disk on return. */
export async function syncPath(path: string): Promise<void> {
  await using handle = await open(path, "r");
  await handle.sync();
}
