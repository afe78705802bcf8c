import type { AgencyNode, StoredMessage } from "@leix/client";
import { LeixError } from "@leix/protocol";
import type { Command } from "commander";
import { type ArrivalFlags, takeIn, withArrivalOptions } from "./arrivals.ts";
import { withNode, withNodeOptions } from "./node-access.ts";
import { alignRows, createPaper, toTimeText } from "./paper.ts";

interface ThreadFlags extends ArrivalFlags {
  readonly as: string;
  readonly all?: true;
  readonly json?: true;
}

export function addThreadCommand(program: Command): void {
  withArrivalOptions(withNodeOptions(program.command("thread")))
    .description("list a request and all that belongs to it, in the order of the ledger")
    .argument("<id>", "any message of the thread, or the beginning or end of its id")
    .option("--all", "also acknowledgements")
    .action((id: string, flags: ThreadFlags, self: Command) =>
      withNode(self, flags, async (node, listen) => {
        await takeIn(node, flags, listen);
        listThread(node, id, flags);
      }),
    );
}

function listThread({ archive }: AgencyNode, id: string, { all, json }: ThreadFlags): void {
  const { claims, problem } = archive.find(id);
  if (!claims) throw new LeixError(problem?.code ?? "client/not-found", problem?.detail);
  const messages = archive
    .listThread(claims.thread)
    .filter((message) => all || message.claims?.kind !== "acknowledgement");
  if (json) {
    process.stdout.write(`${JSON.stringify(messages.map(toJson))}\n`);
    return;
  }
  const paper = createPaper(process.stdout);
  for (const row of alignRows(messages.map(toRow))) paper.line(row);
}

function toRow({ ref, claims, direction, status }: StoredMessage): string[] {
  const arrow = direction === "sent" ? "->" : "<-";
  const other = direction === "sent" ? claims?.to.join(",") : claims?.iss;
  const time = claims ? toTimeText(claims.iat) : "";
  return [ref.id, time, arrow, other ?? "unknown", claims?.kind ?? "message", status];
}

function toJson({ ref, claims, direction, status, problem, decision }: StoredMessage): object {
  return { ref, direction, status, problem, claims, ledgerIndex: decision?.content.index };
}
