import { readFile } from "node:fs/promises";
import { LeixError } from "@leix/protocol";

/** Undefined where there is none. Throws `config/invalid`. */
export async function readWhole(file: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(file);
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
    throw new LeixError("config/invalid", `cannot read ${file}`, { cause });
  }
}
