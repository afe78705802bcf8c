import { readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { LeixError, limits } from "@leix/protocol";

/** Throws `config/invalid` where it cannot be read, `input/too-large` before anything of it is. */
export async function readEvidence(file: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(file);
    if (size > limits.EVIDENCE_BYTES_MAX) throw new LeixError("input/too-large", `${file}: ${size} bytes`);
    return await readFile(file);
  } catch (cause) {
    if (cause instanceof LeixError) throw cause;
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
  return Buffer.from(await readEvidence(file)).toString("utf8");
}
