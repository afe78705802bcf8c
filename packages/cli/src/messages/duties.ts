import { type AgencyNode, explainDuty, type OwnDuty } from "@leix/client";
import type { Command } from "commander";
import { type ArrivalFlags, takeIn, withArrivalOptions } from "./arrivals.ts";
import { toDeed, toDueText } from "./duty-words.ts";
import { withNode, withNodeOptions } from "./node-access.ts";
import { alignRows, createPaper } from "./paper.ts";

interface DutiesFlags extends ArrivalFlags {
  readonly as: string;
  readonly all?: true;
  readonly language: string;
  readonly json?: true;
}

export function addDutiesCommand(program: Command): void {
  withArrivalOptions(withNodeOptions(program.command("duties")))
    .description("list what the agency owes, what is overdue first, then what is due next")
    .option("--all", "also what is done, and what is only to be known")
    .option("--language <code>", "of the rules' texts; English where there is none", "en")
    .action((flags: DutiesFlags, self: Command) =>
      withNode(self, flags, async (node, listen) => {
        await takeIn(node, flags, listen);
        listDuties(node, flags, Date.now());
      }),
    );
}

/** As the list shows it: an open duty whose time has run out is overdue. */
type ShownState = OwnDuty["state"] | "overdue";

interface ShownDuty extends Omit<OwnDuty, "state"> {
  readonly state: ShownState;
}

const ORDER: readonly ShownState[] = ["overdue", "open", "stopped", "done", "to-know"];
const STATE_WORDS: Readonly<Record<ShownState, string>> = {
  overdue: "OVERDUE",
  open: "",
  stopped: "its time is stopped",
  done: "done",
  "to-know": "to be known",
};

function listDuties(
  { agency, archive }: AgencyNode,
  { all, language, json }: DutiesFlags,
  nowMs: number,
): void {
  const shown = archive
    .listDuties()
    .map((duty) => ({ ...duty, state: toState(duty, nowMs) }))
    .filter(({ state }) => all || (state !== "done" && state !== "to-know"))
    .toSorted((one, other) => ORDER.indexOf(one.state) - ORDER.indexOf(other.state));
  if (json) {
    const texts = shown.map((duty) => ({ ...duty, text: explainDuty(duty, language) }));
    process.stdout.write(`${JSON.stringify(texts)}\n`);
    return;
  }
  const paper = createPaper(process.stdout);
  if (shown.length === 0) paper.line(`${agency} owes nothing.`);
  const rows = alignRows(shown.map(toRow));
  for (const [i, { state }] of shown.entries()) {
    const row = rows[i] ?? "";
    paper.line(state === "overdue" ? paper.colours.red(row) : row);
  }
}

function toState({ state, due }: OwnDuty, nowMs: number): ShownState {
  return state === "open" && due !== undefined && due * 1_000 <= nowMs ? "overdue" : state;
}

function toRow({ subject, by, duty, due, offset, rule, state }: ShownDuty): string[] {
  const time = due === undefined ? "no time" : toDueText(due, offset);
  return [subject.id, time, toDeed(duty), `${rule}, because of ${by}`, STATE_WORDS[state]];
}
