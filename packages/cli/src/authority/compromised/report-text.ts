import { alignRows, type Paper, toSafeText, toTimeText } from "../../messages/paper.ts";
import { type RecallStanding, type RecallState, toRecallState } from "./recall-standings.ts";
import type { CompromiseReport, TouchedMessage, TouchedRecipient } from "./report.ts";

const USE_WORDS = { sig: "sign", enc: "encrypt", cosign: "cosign" } as const;
/** What a node says by itself of what has arrived. */
const BY_ITSELF: readonly (string | undefined)[] = ["received", "undecryptable", "unverifiable"];

export function writeReport(paper: Paper, report: CompromiseReport): void {
  const { kid, owner, since, ledger, statements } = report;
  const whose = owner ? `${owner.agency}'s key to ${USE_WORDS[owner.use]}` : "no key of this ledger";
  paper.line(paper.colours.bold(`${kid}: ${whose}, in wrong hands since ${toTimeText(since)}`));
  const said = statements.map(({ index, at }) => `record ${index} (${toTimeText(at)})`).join(", ");
  paper.line(said === "" ? "The ledger has no statement that says so yet." : `Stated in ${said}.`);
  paper.line(`Read: records ${ledger.first} to ${ledger.end - 1}.${toMissing(ledger.first)}`);
  if (owner?.use === "cosign") paper.line("It cosigns checkpoints: it has signed no message.");
  const bare = report.signed.filter(({ says }) => BY_ITSELF.includes(says));
  const rest = report.signed.filter(({ says }) => !BY_ITSELF.includes(says));
  writeMessages(paper, "Signed with it since then", rest);
  if (bare.length > 0) {
    paper.line(`Beside them ${bare.length} acknowledgements of what had arrived: --json lists them.`);
  }
  writeMessages(paper, "Derived from what was signed with it", report.derived);
  if (owner?.use === "enc") writeMessages(paper, "Encrypted to it since then", report.readable);
  const recalls = listRecalls(report);
  if (recalls.length > 0) paper.line(toCounts(recalls));
}

function toMissing(first: number): string {
  return first === 0 ? "" : " Of what was before, only what the exchange still remembered at the seal.";
}

function writeMessages(paper: Paper, title: string, messages: readonly TouchedMessage[]): void {
  paper.line();
  paper.line(`${title}: ${messages.length === 0 ? "none" : messages.length}`);
  const rows = alignRows(messages.map(toRow));
  for (const [i, { recipients }] of messages.entries()) {
    paper.line(rows[i]);
    for (const one of recipients) paper.line(`    ${toRecipientText(one)}`);
  }
}

function toRow({ index, ref, kind, says, received, outcome, from }: TouchedMessage): string[] {
  const of = from.length === 0 ? "" : `from ${from.map(({ id }) => id).join(", ")}`;
  const what = says === undefined ? kind : `${kind} (${says})`;
  return [`record ${index}`, toTimeText(received), ref.iss, toSafeText(ref.id), what, outcome ?? "", of];
}

function toRecipientText({ agency, effect, said, recalls }: TouchedRecipient): string {
  if (effect === "deny") return `${agency}: denied`;
  const words = said.length === 0 ? "has said nothing" : said.map(({ word }) => word).join(", ");
  const states = recalls.map((one) => `; recall ${toStateText(one)}`).join("");
  return `${agency}: ${words}${states}`;
}

function toStateText(standing: RecallStanding): string {
  const { answer, due, lateAt } = standing;
  if (answer) return `answered with ${answer.word}${lateAt === undefined ? "" : ", late"}`;
  return lateAt === undefined ? `open until ${toTimeText(due)}` : `OVERDUE since ${toTimeText(due)}`;
}

export function listRecalls({ signed, derived }: CompromiseReport): RecallStanding[] {
  return [...signed, ...derived].flatMap(({ recipients }) => recipients.flatMap(({ recalls }) => recalls));
}

/** `Recalls: 3 acknowledged, 1 open, 0 overdue.` */
export function toCounts(standings: readonly RecallStanding[]): string {
  const count = (state: RecallState) => standings.filter((one) => toRecallState(one) === state).length;
  const states: readonly RecallState[] = ["acknowledged", "open", "overdue"];
  return `Recalls: ${states.map((state) => `${count(state)} ${state}`).join(", ")}.`;
}

/** What is overdue first, then what is open, then what is done; the nearest time first. */
export function writeStandings(paper: Paper, standings: readonly RecallStanding[]): void {
  if (standings.length === 0) {
    paper.line("Nothing is recalled.");
    return;
  }
  const order: readonly RecallState[] = ["overdue", "open", "acknowledged"];
  const rank = (one: RecallStanding) => order.indexOf(toRecallState(one));
  const sorted = standings.toSorted((one, other) => rank(one) - rank(other) || one.due - other.due);
  const rows = alignRows(
    sorted.map((one) => {
      const { agency, held, about } = one;
      return [agency, toStateText(one), `holds ${toSafeText(held.id)}`, `because of ${about.iss}`];
    }),
  );
  for (const [i, one] of sorted.entries()) {
    const row = rows[i] ?? "";
    paper.line(toRecallState(one) === "overdue" ? paper.colours.red(row) : row);
  }
  paper.line(toCounts(sorted));
}
