import type { Command } from "commander";
import { addCheckpointCommands } from "./audit/checkpoint-commands.ts";
import { addCompletenessCommand } from "./audit/completeness/command.ts";
import { addCompletenessVerifyCommand } from "./audit/completeness/verify-command.ts";
import { addCopyCommands } from "./audit/copy-commands.ts";
import { addFsckCommand } from "./audit/fsck-command.ts";
import { addLastCommand } from "./audit/last-command.ts";
import { addReplayCommand } from "./audit/replay-command.ts";
import { addIndexCommand, addSearchCommand } from "./audit/search/command.ts";
import { addStatisticsCommand } from "./audit/statistics-command.ts";
import { addWhatIfCommand } from "./audit/what-if/command.ts";

/** `leix audit …`: checks everything that happened, without believing the services that did it. */
export function addAuditCommands(program: Command): void {
  const audit = program.command("audit").description("check the ledger, and take it along");
  addWhatIfCommand(audit);
  addSearchCommand(audit);
  addIndexCommand(audit);
  addCompletenessCommand(audit);
  addCompletenessVerifyCommand(audit);
  addReplayCommand(audit);
  addCopyCommands(audit);
  addCheckpointCommands(audit);
  addFsckCommand(audit);
  addLastCommand(audit);
  addStatisticsCommand(audit);
}
