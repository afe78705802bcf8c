import type { Command } from "commander";
import { addApproveCommand } from "./authority/approve.ts";
import { addChangeCommand } from "./authority/change.ts";
import { addClearCommand } from "./authority/clear.ts";
import { addCompromisedCommand } from "./authority/compromised/command.ts";
import { addInviteCommand } from "./authority/invite.ts";
import { addPublishCommand } from "./authority/publish.ts";
import { addShowCommand } from "./authority/show.ts";
import { addStatusCommands } from "./authority/status.ts";
import { addWithdrawCommand } from "./authority/withdraw.ts";

/** `leix authority …`: what a country's authority says about its own agencies. */
export function addAuthorityCommands(program: Command): void {
  const authority = program
    .command("authority")
    .description("the membership, and what a country's authority says about its agencies");
  addShowCommand(authority);
  addInviteCommand(authority);
  addApproveCommand(authority);
  addChangeCommand(authority);
  addStatusCommands(authority);
  addWithdrawCommand(authority);
  addClearCommand(authority);
  addCompromisedCommand(authority);
  addPublishCommand(authority);
}
