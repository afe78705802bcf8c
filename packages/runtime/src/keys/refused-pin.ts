import { readFile, stat, writeFile } from "node:fs/promises";
import { LeixError } from "@leix/protocol";
import { SECRET_MODE } from "../network/folder-file.ts";
import type { TokenPlace } from "./key-file.ts";

// A token locks after a few wrong PINs, and whoever keeps a service running starts it again and again. What a
// token has refused is therefore noted beside the PIN file, and not tried again until that file is written
// anew. The note holds when that was, nothing of the PIN.

/**
 * When the PIN file was written, to note that if its PIN is refused: read before the PIN is, so that a newer
 * one is never noted. Throws `token/pin-wrong` where the token has refused what it holds.
 */
export async function refuseRefusedPin({ token, pinFile }: TokenPlace): Promise<string | undefined> {
  const written = await toWritingTime(pinFile);
  const noted = await readFile(toNote(pinFile), "utf8").catch(() => undefined);
  if (noted === undefined || noted !== written) return written;
  throw new LeixError("token/pin-wrong", `${token} has refused it already: ${pinFile} was not written since`);
}

/** Where no file can be made beside the PIN file (a read-only mount), nothing is noted. */
export async function noteRefusedPin({ pinFile }: TokenPlace, written: string | undefined): Promise<void> {
  if (written === undefined) return;
  await writeFile(toNote(pinFile), written, { mode: SECRET_MODE }).catch(() => undefined);
}

function toNote(pinFile: string): string {
  return `${pinFile}.refused`;
}

async function toWritingTime(file: string): Promise<string | undefined> {
  const found = await stat(file, { bigint: true }).catch(() => undefined);
  return found && String(found.mtimeNs);
}
