import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { AgencyId, LeixError, parseSchema } from "@leix/protocol";
import { parseEnrolmentText, toPartyPath } from "@leix/runtime";
import type { Command } from "commander";

/** Where the agency's folder is, or will be. */
export function toAgencyFolder(command: Command, id: string): string {
  const { dir } = command.optsWithGlobals<{ dir: string }>();
  return join(dir, toPartyPath(parseSchema(AgencyId, id)));
}

/** Throws `config/party-unknown` where it is not there. */
export function findAgencyFolder(command: Command, id: string): string {
  const folder = toAgencyFolder(command, id);
  if (existsSync(folder)) return folder;
  throw new LeixError("config/party-unknown", `${id}: ${folder} is not there`);
}

/** A file that has travelled. Throws `config/invalid` where it cannot be read, `enrolment/malformed`. */
export async function loadEnrolmentFile<T>(file: string, open: (value: unknown) => T): Promise<T> {
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new LeixError("config/invalid", `cannot read ${file}`, { cause });
  });
  return open(parseEnrolmentText(text, file));
}
