import type { Command } from "commander";
import { addInitCommand } from "./network/init-command.ts";
import { addRunCommands } from "./network/run-commands.ts";

/** `leix network …`: makes a network in a folder, and runs it. */
export function addNetworkCommands(program: Command): void {
  const network = program.command("network").description("make a network in a folder, and run it");
  addInitCommand(network);
  addRunCommands(network);
}
