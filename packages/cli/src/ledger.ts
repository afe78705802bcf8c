import type { Command } from "commander";
import { addRestoreCommand } from "./ledger/restore-command.ts";

/** `leix ledger …`: what an operator does about the ledger itself. */
export function addLedgerCommands(program: Command): void {
  const ledger = program.command("ledger").description("look after the ledger");
  addRestoreCommand(ledger);
}
