import type { AgencyNode, StoredNotice } from "@leix/client";
import type { Command } from "commander";
import { type ArrivalFlags, takeIn, withArrivalOptions } from "./arrivals.ts";
import { toNoticeWords } from "./duty-words.ts";
import { withNode, withNodeOptions } from "./node-access.ts";
import { alignRows, createPaper, toTimeText } from "./paper.ts";

interface NoticesFlags extends ArrivalFlags {
  readonly as: string;
  readonly json?: true;
}

export function addNoticesCommand(program: Command): void {
  withArrivalOptions(withNodeOptions(program.command("notices")))
    .description("list what the exchange has told the agency about messages: overdue, corrected, recalled")
    .action((flags: NoticesFlags, self: Command) =>
      withNode(self, flags, async (node, listen) => {
        await takeIn(node, flags, listen);
        listNotices(node, flags);
      }),
    );
}

function listNotices({ agency, archive }: AgencyNode, { json }: NoticesFlags): void {
  const [notices, proposals] = [archive.listNotices(), archive.listProposals()];
  if (json) {
    process.stdout.write(`${JSON.stringify([...notices, ...proposals])}\n`);
    return;
  }
  const paper = createPaper(process.stdout);
  if (notices.length + proposals.length === 0) paper.line(`${agency} was told nothing.`);
  for (const row of alignRows(notices.map(toRow))) paper.line(row);
  for (const { at, proposal, ledgerIndex } of proposals) {
    paper.line(
      `${toTimeText(at)}  ${proposal.suspend} floods the exchange (record ${ledgerIndex}). ` +
        "Its country authority should look at it, and suspend it where that is needed.",
    );
  }
}

/** What this agency itself holds, where it was told of that: it is what there is to be found here. */
function toRow({ at, notice }: StoredNotice): string[] {
  const { about, held } = notice;
  return [(held ?? about).id, toTimeText(at), toNoticeWords(notice)];
}
