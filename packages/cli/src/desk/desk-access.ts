import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Desk, openDesk } from "@leix/client";
import { CountryCode, LeixError } from "@leix/protocol";
import { PARTY_FILES, toPartyPath } from "@leix/runtime";
import type { Command } from "commander";
import { loadRunConfig } from "../network/config.ts";

/** What every command that signs takes. */
export interface DeskFlags {
  readonly as?: string;
  readonly offline?: true;
  readonly out?: string;
  readonly json?: true;
}

/** For commands whose subject does not tell who speaks. */
export function withAsOption(command: Command): Command {
  return command.requiredOption("--as <country>", "the authority you act for: authorities/<code>");
}

export function withSigningOptions(command: Command): Command {
  return command
    .option("--offline", "sign by the membership as it is kept here, and publish later")
    .option("--out <file>", "the same, and write what is signed into this file, to be carried")
    .option("--json", "the result as one line of JSON");
}

/**
 * Opens the desk of an authority, or of the anchor, for as long as the work takes; with the newest
 * membership, unless it is to do without the broker.
 */
export async function withDesk<T>(
  command: Command,
  as: string,
  { offline, out }: DeskFlags,
  work: (desk: Desk) => Promise<T>,
): Promise<T> {
  const { dir } = command.optsWithGlobals<{ dir: string }>();
  const folder = findFolder(dir, as);
  await using desk = await openDesk({ folder, natsUrl: loadRunConfig().natsUrl });
  if (!offline && out === undefined) await refresh(desk);
  return await work(desk);
}

/** Without the registry one can still be heard: the exchange says itself whether a version is the next. */
async function refresh(desk: Desk): Promise<void> {
  try {
    await desk.refresh();
  } catch (error) {
    const isKept = desk.state.head.index > 0;
    if (!(error instanceof LeixError) || error.code !== "broker/no-answer" || !isKept) throw error;
    process.stderr.write(`${error.explain()}\nGoing on with the membership that is kept here.\n`);
  }
}

/** The machine of an authority has its own folder only, so the network's own file is not asked. */
function findFolder(dir: string, as: string): string {
  const isKnownForm = as === "anchor" || CountryCode.safeParse(as).success;
  const folder = join(dir, toPartyPath(as));
  if (isKnownForm && existsSync(join(folder, PARTY_FILES.party))) return folder;
  throw new LeixError("config/party-unknown", `${as}: there is no folder of it in ${dir}`);
}
