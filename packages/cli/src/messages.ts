import type { Command } from "commander";
import { addExplainCommand } from "./messages/explain.ts";
import { addInboxCommand } from "./messages/inbox.ts";
import { addOutboxCommand } from "./messages/outbox.ts";
import { addSendCommand } from "./messages/send.ts";
import { addThreadCommand } from "./messages/thread.ts";

/** What an officer does: send, read, and ask why. Each acts for one agency, on that agency's own folder. */
export function addMessageCommands(program: Command): void {
  addSendCommand(program);
  addInboxCommand(program);
  addOutboxCommand(program);
  addThreadCommand(program);
  addExplainCommand(program);
}
