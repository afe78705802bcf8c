import type { Command } from "commander";
import { type DeskFlags, withAsOption, withDesk } from "../desk/desk-access.ts";
import { createPaper } from "../messages/paper.ts";
import { toOverview } from "./overview.ts";
import { writeOverview } from "./overview-text.ts";

export function addShowCommand(authority: Command): void {
  withAsOption(authority.command("show"))
    .description("who is a member, with which keys; groups, terms, and the policy set in force")
    .option("--offline", "as it is kept here, without asking")
    .option("--json", "the result as one line of JSON")
    .action((flags: DeskFlags & { as: string }, self: Command) => {
      return withDesk(self, flags.as, flags, async (desk) => {
        const overview = toOverview(desk, await desk.listOutgoing());
        if (flags.json) process.stdout.write(`${JSON.stringify(overview)}\n`);
        else writeOverview(createPaper(process.stdout), overview, Date.now() / 1_000);
      });
    });
}
