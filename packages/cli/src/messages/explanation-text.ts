import type {
  ExplainedDuty,
  ExplainedNotice,
  ExplainedReason,
  ExplainedRecipient,
  MessageExplanation,
} from "@leix/client";
import { toDutyWords, toNoticeWords } from "./duty-words.ts";
import { alignRows, type Paper, toSafeText, toTimeText, wrapText } from "./paper.ts";
import { toFlag, toOutcomeSentence, toSourceWords } from "./words.ts";

const INDENT = "    ";

/**
 * What became of a message for each recipient, what follows from it for whom, and each rule behind that once:
 * what it says, what would let the message pass or has to be done, and what it is modelled on.
 */
export function writeExplanation(paper: Paper, explanation: MessageExplanation): void {
  const { colours } = paper;
  const { status, recipients, problem, replacedBy } = explanation;
  const isGood = status === "permitted" || status === "accepted";
  const isOpen = status === "stored" || status === "received" || replacedBy !== undefined;
  const sentence = toOutcomeSentence(explanation);
  paper.line(isGood ? colours.green(sentence) : isOpen ? colours.yellow(sentence) : colours.red(sentence));
  if (problem) {
    writeParagraph(paper, `${problem.when}${problem.detail ? ` (${toSafeText(problem.detail)})` : ""}`);
    const todo = replacedBy === undefined ? problem.todo : toSentAgain(replacedBy);
    writeParagraph(paper, `What to do: ${todo} [${problem.code}]`);
  }
  if (recipients.length > 0) {
    paper.line();
    writeRecipients(paper, recipients);
  }
  writeNotices(paper, explanation.notices);
  for (const reason of listReasons(recipients)) {
    writeText(paper, reason.reason, "To let it pass", reason);
  }
  for (const [rule, text] of listDutyTexts(explanation)) writeText(paper, rule, "What to do", text);
}

/** What the catalogue says to do is done, by the node itself. */
function toSentAgain(id: string): string {
  return `Nothing: it was sent again as ${id}, signed with the key that counts now. See leix explain ${id}.`;
}

function writeRecipients(paper: Paper, recipients: readonly ExplainedRecipient[]): void {
  const rows = alignRows(recipients.map(toRow));
  for (const [i, { effect, obligations }] of recipients.entries()) {
    const row = `  ${rows[i] ?? ""}`;
    paper.line(effect === "permit" ? paper.colours.green(row) : paper.colours.red(row));
    for (const obligation of obligations) writeParagraph(paper, toSentence(toDutyWords(obligation)));
  }
}

function writeNotices(paper: Paper, notices: readonly ExplainedNotice[]): void {
  if (notices.length === 0) return;
  paper.line();
  paper.line("  The exchange has told this agency:");
  for (const { notice, at, ledgerIndex } of notices) {
    const place = `record ${ledgerIndex}, ${toTimeText(at)}`;
    writeParagraph(paper, `${place}: ${toNoticeWords(notice)}`);
  }
}

function toSentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}

function toRow({ agency, as, effect, reasons }: ExplainedRecipient): string[] {
  const rules = reasons.map(({ reason }) => reason).join(", ");
  return [agency, as, effect === "permit" ? "permitted" : "denied", rules];
}

/** The same rule may have denied several recipients. */
function listReasons(recipients: readonly ExplainedRecipient[]): ExplainedReason[] {
  const all = recipients.flatMap(({ reasons }) => reasons);
  return [...new Map(all.map((one) => [one.reason, one])).values()];
}

type Text = NonNullable<ExplainedDuty["text"]>;

/** Of everything that is laid on somebody, or was told, the same words once. */
function listDutyTexts({ recipients, notices }: MessageExplanation): [string, Text][] {
  const duties = recipients.flatMap(({ obligations }) => obligations);
  const laid = [...duties, ...notices.map(({ notice: { rule }, text }) => ({ rule, text }))];
  const texts = laid.flatMap(({ rule, text }) => (text ? [[text.wrong, [rule, text]] as const] : []));
  return [...new Map<string, readonly [string, Text]>(texts).values()].map(([rule, text]) => [rule, text]);
}

function writeText(paper: Paper, name: string, todo: string, text: Text): void {
  paper.line();
  paper.line(`  ${paper.colours.bold(`${name}: ${text.title}`)}`);
  writeParagraph(paper, text.wrong);
  writeParagraph(paper, `${todo}: ${toFlagWords(text.todo)}`);
  const source = toSourceWords(text);
  if (source) writeParagraph(paper, source, paper.colours.dim);
}

/** The texts name members of the claims; whoever writes on the command line says them by a flag. */
function toFlagWords(text: string): string {
  return text.replace(/\bdeclares\.([a-zA-Z]+)/g, (_, name: string) => `leix send ${toFlag(name)}`);
}

function writeParagraph(paper: Paper, text: string, paint = (line: string) => line): void {
  for (const line of wrapText(text, paper.columns - INDENT.length)) paper.line(`${INDENT}${paint(line)}`);
}
