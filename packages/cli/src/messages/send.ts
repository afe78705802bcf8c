import { userInfo } from "node:os";
import type { AgencyNode, Sent, SentMessage } from "@leix/client";
import { LeixError } from "@leix/protocol";
import type { Command } from "commander";
import { whileRunning } from "./arrivals.ts";
import { type DraftContext, toDraft } from "./draft-flags.ts";
import { parseDuration } from "./durations.ts";
import { writeExplanation } from "./explanation-text.ts";
import { withNode, withNodeOptions } from "./node-access.ts";
import { createPaper, type Paper } from "./paper.ts";
import { addSendOptions, type SendFlags } from "./send-flags.ts";
import { toAddressWords } from "./words.ts";

/** So that a script can tell the outcomes apart. */
export const SEND_EXIT_CODES: Readonly<Record<SentMessage["status"], number>> = {
  permitted: 0,
  "partly-permitted": 3,
  denied: 3,
  rejected: 4,
  stored: 5,
  received: 5,
};

export function addSendCommand(program: Command): void {
  const command = withNodeOptions(program.command("send"))
    .description("send a message, and say what was decided for each recipient and why")
    .action((flags: SendFlags, self: Command) => withNode(self, flags, (node) => send(node, flags)));
  addSendOptions(command);
}

async function send(node: AgencyNode, flags: SendFlags): Promise<void> {
  const waitMs = parseDuration(flags.wait);
  const context: DraftContext = {
    archive: node.archive,
    nowMs: Date.now(),
    userName: userInfo().username,
    stdin: process.stdin,
  };
  const sent = await node.send(await toDraft(flags, context));
  const message = await waitForDecision(node, sent, waitMs);
  // Not always the one that was sent first: its key may have been replaced meanwhile.
  const { ref } = message;
  const explanation = node.explain(ref.id);
  if (flags.json) process.stdout.write(`${JSON.stringify({ ref, ...explanation })}\n`);
  else
    writeSent(createPaper(process.stdout), message, () =>
      writeExplanation(createPaper(process.stdout), explanation),
    );
  process.exitCode = SEND_EXIT_CODES[message.status];
}

/** What it is by then, decided or not. */
async function waitForDecision(node: AgencyNode, { ref }: Sent, waitMs: number): Promise<SentMessage> {
  if (waitMs === 0) return node.archive.getSent(ref.id);
  try {
    return await whileRunning(node, () => node.waitForDecision(ref, waitMs));
  } catch (error) {
    if (!(error instanceof LeixError) || !NOT_YET.includes(error.code)) throw error;
    return node.archive.getSent(ref.id);
  }
}

/**
 * The message is in the outbox: the next command, or the agency's service, sends it and takes in its
 * decision.
 */
const NOT_YET: readonly string[] = ["client/decision-timeout", "broker/unreachable"];

function writeSent(paper: Paper, { ref, claims, status }: SentMessage, writeOutcome: () => void): void {
  paper.line(`${paper.colours.bold(ref.id)}  ${toAddressWords(claims)}`);
  writeOutcome();
  if (status === "stored")
    paper.line(
      "Nothing is lost: the agency's service sends it, or the next leix command, once the broker is there.",
    );
  if (status === "received")
    paper.line(`Nothing is lost: see leix explain --as ${claims.iss} ${ref.id} later.`);
}
