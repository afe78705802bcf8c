import { mkdir, open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { LeixError } from "@leix/protocol";

const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;

/** Durable on return: after a crash the file is the old one or the new one, whole. */
export async function writeWhole(file: string, bytes: Uint8Array): Promise<void> {
  const folder = dirname(file);
  await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
  const draft = `${file}.${process.pid}.draft`;
  {
    await using handle = await open(draft, "w", FILE_MODE);
    await handle.writeFile(bytes);
    await handle.sync();
  }
  await rename(draft, file);
  await using names = await open(folder, "r");
  await names.sync();
}

/** Undefined where there is none. Throws `config/invalid`. */
export async function readWhole(file: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(file);
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
    throw new LeixError("config/invalid", `cannot read ${file}`, { cause });
  }
}
