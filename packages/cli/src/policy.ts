import type { Command } from "commander";
import { addProposeCommand } from "./policy/propose.ts";
import { addShowCommand } from "./policy/show.ts";
import { addActivateCommand, addSignCommand } from "./policy/sign.ts";

/** `leix policy …`: the principles that are in force, and how country authorities change them. */
export function addPolicyCommands(program: Command): void {
  const policy = program
    .command("policy")
    .description("policy sets: proposed by one authority, in force when enough have signed the same");
  addShowCommand(policy);
  addProposeCommand(policy);
  addSignCommand(policy);
  addActivateCommand(policy);
}
