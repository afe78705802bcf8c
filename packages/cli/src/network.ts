import type { Command } from "commander";
import { addInitCommand } from "./network/init-command.ts";

/** `leix network …`: makes a network and brings it up. */
export function addNetworkCommands(program: Command): void {
  const network = program.command("network").description("make a network in a folder, and run it");
  addInitCommand(network);
}
