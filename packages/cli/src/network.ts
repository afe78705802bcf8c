import type { Command } from "commander";
import { addInitCommand } from "./network/init-command.ts";
import { addRenewCommand } from "./network/renew-command.ts";
import { addRunCommands } from "./network/run-commands.ts";
import { addServiceKeyCommand } from "./network/service-key-command.ts";

/** `leix network …`: makes a network in a folder, and runs it. */
export function addNetworkCommands(program: Command): void {
  const network = program.command("network").description("make a network in a folder, and run it");
  addInitCommand(network);
  addRunCommands(network);
  addRenewCommand(network);
  addServiceKeyCommand(network);
}
