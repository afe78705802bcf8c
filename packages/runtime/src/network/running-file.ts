import { rm } from "node:fs/promises";
import { join } from "node:path";
import { parseSchema } from "@leix/protocol";
import { z } from "zod";
import { readText } from "../party-folder.ts";
import { toJsonFile, writeFolder } from "./folder-file.ts";
import { NETWORK_FILES, parseJsonText } from "./network-file.ts";

/** `running.json`, there while `leix network up` runs: where each service tells how it is. */
const RunningFile = z.strictObject({
  v: z.literal(1),
  services: z.array(
    z.strictObject({
      name: z.string(),
      health: z.string().startsWith("http://127.0.0.1:"),
      /** Where the ledger service serves the log. */
      log: z.string().startsWith("https://127.0.0.1:").optional(),
    }),
  ),
});
export type RunningFile = z.infer<typeof RunningFile>;

/** Undefined where the network was not brought up from this folder. */
export async function loadRunning(dir: string): Promise<RunningFile | undefined> {
  let text: string;
  try {
    text = await readText(join(dir, NETWORK_FILES.running), "config/invalid");
  } catch {
    return undefined;
  }
  return parseSchema(RunningFile, parseJsonText(text, NETWORK_FILES.running), "config/invalid");
}

export async function writeRunning(dir: string, running: RunningFile): Promise<void> {
  await removeRunning(dir);
  await writeFolder(dir, [toJsonFile(NETWORK_FILES.running, running)]);
}

export function removeRunning(dir: string): Promise<void> {
  return rm(join(dir, NETWORK_FILES.running), { force: true });
}
