import { userInfo } from "node:os";
import type { AgencyNode, Sent, SentMessage } from "@leix/client";
import { LeixError } from "@leix/protocol";
import type { Command } from "commander";
import { whileRunning } from "./arrivals.ts";
import { type DraftContext, toDraft } from "./draft-flags.ts";
import { parseDuration } from "./durations.ts";
import { writeExplanation } from "./explanation-text.ts";
import { withNode, withNodeOptions } from "./node-access.ts";
import { createPaper } from "./paper.ts";
import { addSendOptions, type SendFlags } from "./send-flags.ts";
import { writeNext } from "./sent-text.ts";
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
  const { message, hindrance } = await waitForDecision(node, sent, waitMs);
  // Not always the one that was sent first: its key may have been replaced meanwhile.
  const { ref } = message;
  const explanation = node.explain(ref.id);
  const paper = createPaper(process.stdout);
  if (flags.json) {
    const hindered = hindrance && { code: hindrance.code, detail: hindrance.detail };
    process.stdout.write(`${JSON.stringify({ ref, ...explanation, hindrance: hindered })}\n`);
  } else {
    paper.line(`${paper.colours.bold(ref.id)}  ${toAddressWords(message.claims)}`);
    writeExplanation(paper, explanation);
    writeNext(paper, message, hindrance);
  }
  process.exitCode = SEND_EXIT_CODES[message.status];
}

interface Outcome {
  readonly message: SentMessage;
  /** What kept its decision from coming. */
  readonly hindrance?: LeixError;
}

/**
 * What it is by then, decided or not. Whatever stands in the way, the message is in the outbox: the next
 * command, or the agency's service, sends it and takes in its decision.
 */
async function waitForDecision(node: AgencyNode, { ref }: Sent, waitMs: number): Promise<Outcome> {
  if (waitMs === 0) return { message: node.archive.getSent(ref.id) };
  try {
    return { message: await whileRunning(node, () => node.waitForDecision(ref, waitMs)) };
  } catch (error) {
    if (!(error instanceof LeixError)) throw error;
    return { message: node.archive.getSent(ref.id), hindrance: error };
  }
}
