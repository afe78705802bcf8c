#!/usr/bin/env node
import { LeixError } from "@leix/protocol";
import { Command } from "commander";
import { addAuditCommands } from "./audit.ts";
import { addDoctorCommand } from "./doctor.ts";
import { addEvidenceCommands } from "./evidence.ts";
import { addLedgerCommands } from "./ledger.ts";
import { addMessageCommands } from "./messages.ts";
import { loadRunConfig } from "./network/config.ts";
import { addNetworkCommands } from "./network.ts";
import { addWitnessCommands } from "./witness.ts";

const program = new Command("leix")
  .description("Law-Enforcement Information eXchange: signed messages, decided by agreed principles")
  .option("--dir <folder>", "the network folder", loadRunConfig().dir)
  .showHelpAfterError();

addNetworkCommands(program);
addMessageCommands(program);
addAuditCommands(program);
addEvidenceCommands(program);
addLedgerCommands(program);
addWitnessCommands(program);
addDoctorCommand(program);

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof LeixError)) throw error;
  process.stderr.write(`${error.explain()}\n`);
  process.exitCode = 1;
}
