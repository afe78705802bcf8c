import type { Command } from "commander";
import { addEraseCommand } from "./ledger/erase-command.ts";
import { addRestoreCommand } from "./ledger/restore-command.ts";
import { addRotateCommand } from "./ledger/rotate-command.ts";

/** `leix ledger …`: what an operator does about the ledger itself. */
export function addLedgerCommands(program: Command): void {
  const ledger = program.command("ledger").description("look after the ledger");
  addRestoreCommand(ledger);
  addRotateCommand(ledger);
  addEraseCommand(ledger);
}
