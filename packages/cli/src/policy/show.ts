import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Desk } from "@leix/client";
import type { Command } from "commander";
import { type DeskFlags, withAsOption, withDesk } from "../desk/desk-access.ts";
import { createPaper } from "../messages/paper.ts";
import { findPolicySets, findProposal, loadRecordedFiles } from "./policy-sets.ts";
import { writePolicySets } from "./policy-text.ts";

interface ShowFlags extends Pick<DeskFlags, "offline" | "json"> {
  readonly as: string;
  readonly digest?: string;
  readonly out?: string;
}

export function addShowCommand(policy: Command): void {
  withAsOption(policy.command("show"))
    .description("which set is in force, and which are proposed, by whom, with what changes")
    .option("--digest <digest>", "of a proposed set, for --out; the one in force without it")
    .option("--out <folder>", "write the files of the set into this folder, which must not be there")
    .option("--offline", "as it is kept here, without asking")
    .option("--json", "the result as one line of JSON")
    .action((flags: ShowFlags, self: Command) => {
      const { offline, json, out } = flags;
      return withDesk(self, flags.as, offline ? { offline } : {}, async (desk) => {
        const sets = await findPolicySets(desk);
        if (out !== undefined) await writeFiles(desk, out, flags.digest);
        if (json) process.stdout.write(`${JSON.stringify(sets)}\n`);
        else writePolicySets(createPaper(process.stdout), sets, desk.party);
      });
    });
}

async function writeFiles(desk: Desk, folder: string, digest: string | undefined): Promise<void> {
  const sets = await findPolicySets(desk);
  const wanted = digest === undefined ? sets.inForce?.files : findProposal(sets, digest).files;
  const files = await loadRecordedFiles(desk, wanted ?? []);
  await mkdir(folder);
  await Promise.all(files.map(({ name, content }) => writeFile(join(folder, name), content)));
}
