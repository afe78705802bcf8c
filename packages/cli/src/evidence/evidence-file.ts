import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { LeixError, limits } from "@leix/protocol";

/** Throws `config/invalid` where it cannot be read. */
export async function readEvidence(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new LeixError("config/invalid", `${file} cannot be read`, { cause });
  }
}

/** Whole or not at all; what was there is replaced. Throws `config/invalid`. */
export async function writeEvidence(file: string, bytes: Uint8Array): Promise<void> {
  const beside = `${file}.new`;
  try {
    await writeFile(beside, bytes, { flush: true });
    await rename(beside, file);
  } catch (cause) {
    await rm(beside, { force: true });
    throw new LeixError("config/invalid", `${file} cannot be written`, { cause });
  }
}

/** A note is far smaller than this; it is bounded by whoever parses it. */
export async function readCheckpoint(file: string): Promise<string> {
  const bytes = await readEvidence(file);
  if (bytes.byteLength <= limits.EVIDENCE_BYTES_MAX) return Buffer.from(bytes).toString("utf8");
  throw new LeixError("input/too-large", file);
}
