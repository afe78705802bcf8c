import type { Command } from "commander";
import { addEndCommand, addSetCommand, addShowCommand } from "./group/commands.ts";

/** `leix group …`: named lists of agencies, each kept by one country's authority. */
export function addGroupCommands(program: Command): void {
  const group = program.command("group").description("named lists of agencies that write to each other");
  addShowCommand(group);
  addSetCommand(group);
  addEndCommand(group);
}
