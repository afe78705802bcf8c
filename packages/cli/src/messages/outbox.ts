import type { AgencyNode, SentMessage } from "@leix/client";
import type { Command } from "commander";
import { type ArrivalFlags, takeIn, withArrivalOptions } from "./arrivals.ts";
import { writeExplanation } from "./explanation-text.ts";
import { writeAcknowledgements, writeMessage } from "./message-text.ts";
import { withNode, withNodeOptions } from "./node-access.ts";
import { alignRows, createPaper, toTimeText } from "./paper.ts";

interface OutboxFlags extends ArrivalFlags {
  readonly as: string;
  readonly all?: true;
  readonly json?: true;
}

export function addOutboxCommand(program: Command): void {
  withArrivalOptions(withNodeOptions(program.command("outbox")))
    .description("list what the agency has sent and what became of it; with an id, show that message")
    .argument("[id]", "a message, or the beginning or end of its id")
    .option("--all", "also the acknowledgements that the node has sent by itself")
    .action((id: string | undefined, flags: OutboxFlags, self: Command) =>
      withNode(self, flags, async (node, listen) => {
        await takeIn(node, flags, listen);
        if (id === undefined) listOutbox(node, flags);
        else show(node, id, flags);
      }),
    );
}

function listOutbox(node: AgencyNode, { all, json }: OutboxFlags): void {
  const sent = node.archive.listSent().filter(({ claims }) => all || claims.kind !== "acknowledgement");
  if (json) {
    process.stdout.write(`${JSON.stringify(sent.map((message) => toJson(node, message)))}\n`);
    return;
  }
  const paper = createPaper(process.stdout);
  if (sent.length === 0) paper.line(`${node.agency} has sent nothing.`);
  for (const row of alignRows(sent.map((message) => toRow(node, message)))) paper.line(row);
}

function toRow({ archive }: AgencyNode, message: SentMessage): string[] {
  const { ref, claims, storedMs, replacedBy, isWaiting, decision } = message;
  const known = isWaiting ? "waits at the exchange" : message.status;
  const status = replacedBy === undefined ? known : `sent again as ${replacedBy}`;
  const reached = decision?.recipients.filter(({ effect }) => effect === "permit").length ?? 0;
  const read = new Set(archive.listAcknowledgements(ref).map(({ agency }) => agency)).size;
  const isAwaited = reached > 0 && claims.kind !== "acknowledgement";
  const acknowledged = isAwaited ? `acknowledged by ${read} of ${reached}` : "";
  return [ref.id, toTimeText(storedMs / 1_000), claims.kind, claims.to.join(","), status, acknowledged];
}

function toJson({ archive }: AgencyNode, message: SentMessage): object {
  const { ref, claims, status, storedMs, problem, decision, replacedBy } = message;
  const acknowledgements = archive.listAcknowledgements(ref);
  const { recipients, markings } = decision ?? {};
  return {
    ref,
    status,
    storedMs,
    problem,
    replacedBy,
    claims,
    recipients,
    markings,
    ledgerIndex: decision?.content.index,
    acknowledgements,
  };
}

function show(node: AgencyNode, id: string, { json }: OutboxFlags): void {
  const { ref } = node.archive.find(id);
  const message = node.archive.getSent(ref.id as SentMessage["ref"]["id"]);
  if (json) {
    process.stdout.write(`${JSON.stringify(toJson(node, message))}\n`);
    return;
  }
  const paper = createPaper(process.stdout);
  writeMessage(paper, message);
  paper.line("  Its text was encrypted for the recipients; none of it is kept here.");
  paper.line();
  writeExplanation(paper, node.explain(message.ref.id));
  writeAcknowledgements(paper, message, node.archive.listAcknowledgements(message.ref));
}
