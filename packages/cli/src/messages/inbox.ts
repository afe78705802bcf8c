import type { AgencyNode, ReceivedMessage } from "@leix/client";
import { LeixError } from "@leix/protocol";
import type { Command } from "commander";
import { type ArrivalFlags, takeIn, withArrivalOptions } from "./arrivals.ts";
import { writeForm, writeMessage } from "./message-text.ts";
import { withNode, withNodeOptions } from "./node-access.ts";
import { alignRows, createPaper, type Paper, toSafeText, toTimeText } from "./paper.ts";
import { STATUS_WORDS } from "./words.ts";

interface InboxFlags extends ArrivalFlags {
  readonly as: string;
  readonly json?: true;
}

export function addInboxCommand(program: Command): void {
  withArrivalOptions(withNodeOptions(program.command("inbox")))
    .description("list what the agency has received; with an id, show that message and its text")
    .argument("[id]", "a message, or the beginning or end of its id")
    .action((id: string | undefined, flags: InboxFlags, self: Command) =>
      withNode(self, flags, async (node, listen) => {
        await takeIn(node, flags, listen);
        await (id === undefined ? listInbox(node, flags) : show(node, id, flags));
      }),
    );
}

async function listInbox(node: AgencyNode, flags: InboxFlags): Promise<void> {
  const messages = node.archive.listReceived();
  if (flags.json) {
    const isRecalled = toRecalled(node);
    const shown = messages.map((message) => ({ ...toJson(message), recalled: isRecalled(message) }));
    process.stdout.write(`${JSON.stringify(shown)}\n`);
    return;
  }
  const paper = createPaper(process.stdout);
  if (messages.length === 0) paper.line(`${node.agency} has received nothing.`);
  const isRecalled = toRecalled(node);
  const rows = alignRows(messages.map((message) => toRow(message, isRecalled(message))));
  for (const [i, message] of messages.entries()) {
    const row = rows[i] ?? "";
    const isSound = message.status === "accepted" && !isRecalled(message);
    paper.line(isSound ? row : paper.colours.red(row));
  }
}

const RECALLED = "recalled: it was signed, or made of what was signed, with a key in wrong hands";

/** Which messages the exchange has recalled, whatever was done about that. */
function toRecalled({ archive }: AgencyNode): (message: ReceivedMessage) => boolean {
  const recalls = archive.listNotices().filter(({ notice }) => notice.notice === "recall");
  const held = new Set(recalls.map(({ notice }) => (notice.held ?? notice.about).digest));
  return ({ ref }) => ref.digest !== undefined && held.has(ref.digest);
}

function toRow({ ref, claims, arrivedMs, status, problem }: ReceivedMessage, isRecalled: boolean): string[] {
  const sound = isRecalled ? RECALLED : "";
  const state = status === "accepted" ? sound : `${STATUS_WORDS[status]} [${problem?.code}]`;
  return [
    toSafeText(ref.id),
    toTimeText(arrivedMs / 1_000),
    claims?.kind ?? "message",
    claims?.iss ?? "unknown",
    state,
  ];
}

/** Without the text: a list is not a reading. */
function toJson({ ref, claims, arrivedMs, status, problem, decision }: ReceivedMessage): object {
  const { markings, recipients = [] } = decision ?? {};
  const obligations = recipients.flatMap((one) => one.obligations);
  return {
    ref,
    status,
    arrivedMs,
    problem,
    claims,
    markings,
    obligations,
    ledgerIndex: decision?.content.index,
  };
}

async function show(node: AgencyNode, id: string, flags: InboxFlags): Promise<void> {
  const message = node.archive.find(id);
  if (message.direction === "sent") {
    throw new LeixError(
      "client/not-found",
      `${message.ref.id} was sent by ${node.agency}: leix outbox shows it`,
    );
  }
  if (flags.json) {
    const form = message.status === "unverifiable" ? undefined : await node.archive.read(message);
    process.stdout.write(`${JSON.stringify({ ...toJson(message), form })}\n`);
    return;
  }
  const paper = createPaper(process.stdout);
  writeMessage(paper, message);
  if (toRecalled(node)(message)) paper.line(paper.colours.red(RECALLED));
  await writeText(paper, node, message);
}

/** What cannot be believed is not shown: a false text does its work when it is read. */
async function writeText(paper: Paper, node: AgencyNode, message: ReceivedMessage): Promise<void> {
  try {
    writeForm(paper, await node.archive.read(message));
  } catch (error) {
    if (!(error instanceof LeixError)) throw error;
    paper.line(paper.colours.red(error.explain()));
    process.exitCode = 1;
  }
}
