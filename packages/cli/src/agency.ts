import type { Command } from "commander";
import { addInitCommand } from "./agency/init.ts";
import { addJoinCommand } from "./agency/join.ts";
import { addResumeCommand } from "./agency/resume.ts";
import { addRotateCommand } from "./agency/rotate.ts";
import { addRunCommand } from "./agency/run.ts";

/** `leix agency …`: an agency on its own machine, from its first keys on. */
export function addAgencyCommands(program: Command): void {
  const agency = program
    .command("agency")
    .description("an agency on its own machine: make its keys, join, run its node, replace its keys");
  addInitCommand(agency);
  addJoinCommand(agency);
  addRunCommand(agency);
  addRotateCommand(agency);
  addResumeCommand(agency);
}
