import { rename, rm, writeFile } from "node:fs/promises";
import { PUBLIC_MODE } from "./folder-file.ts";

/**
 * Puts a text that anyone may read in the place of another: after a crash the file holds the one or the
 * other, whole. Secrets: `replaceSecret`.
 */
export async function replaceFile(file: string, text: string): Promise<void> {
  const draft = `${file}.draft`;
  await rm(draft, { force: true });
  await writeFile(draft, text, { flag: "wx", mode: PUBLIC_MODE, flush: true });
  await rename(draft, file);
}
