import type { Command } from "commander";
import { addAcknowledgeCommand } from "./messages/acknowledge.ts";
import { addDutiesCommand } from "./messages/duties.ts";
import { addExplainCommand } from "./messages/explain.ts";
import { addInboxCommand } from "./messages/inbox.ts";
import { addNoticesCommand } from "./messages/notices.ts";
import { addOutboxCommand } from "./messages/outbox.ts";
import { addSendCommand } from "./messages/send.ts";
import { addThreadCommand } from "./messages/thread.ts";

/**
 * What an officer does: send, read, ask why, and do what is owed. Each acts for one agency, on that
 * agency's own folder.
 */
export function addMessageCommands(program: Command): void {
  addSendCommand(program);
  addInboxCommand(program);
  addOutboxCommand(program);
  addThreadCommand(program);
  addExplainCommand(program);
  addAcknowledgeCommand(program);
  addNoticesCommand(program);
  addDutiesCommand(program);
}
