import type { Command } from "commander";
import { addIssueCommand } from "./certificate/issue-command.ts";
import { addRenewCommand } from "./certificate/renew-command.ts";
import { addRequestCommands } from "./certificate/request-commands.ts";

/** `leix certificate …`: what a member shows when it connects. */
export function addCertificateCommands(program: Command): void {
  const certificate = program
    .command("certificate")
    .description("what a party shows when it connects: renewed over its connection, or by files");
  addRenewCommand(certificate);
  addRequestCommands(certificate);
  addIssueCommand(certificate);
}
