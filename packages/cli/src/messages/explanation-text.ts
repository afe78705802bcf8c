import type { ExplainedReason, ExplainedRecipient, MessageExplanation } from "@leix/client";
import { alignRows, type Paper, toSafeText, wrapText } from "./paper.ts";
import { toObligationWords, toOutcomeSentence, toSourceWords } from "./words.ts";

const INDENT = "    ";

/**
 * What became of a message for each recipient, and each rule that denied it once, with what would let it
 * pass.
 */
export function writeExplanation(paper: Paper, explanation: MessageExplanation): void {
  const { colours } = paper;
  const { status, recipients, problem } = explanation;
  const isGood = status === "permitted" || status === "accepted";
  const isOpen = status === "stored" || status === "received";
  const sentence = toOutcomeSentence(explanation);
  paper.line(isGood ? colours.green(sentence) : isOpen ? colours.yellow(sentence) : colours.red(sentence));
  if (problem) {
    writeParagraph(paper, `${problem.when}${problem.detail ? ` (${toSafeText(problem.detail)})` : ""}`);
    writeParagraph(paper, `What to do: ${problem.todo} [${problem.code}]`);
  }
  if (recipients.length === 0) return;
  paper.line();
  writeRecipients(paper, recipients);
  for (const reason of listReasons(recipients)) writeReason(paper, reason);
}

function writeRecipients(paper: Paper, recipients: readonly ExplainedRecipient[]): void {
  const rows = alignRows(recipients.map(toRow));
  for (const [i, { effect, obligations }] of recipients.entries()) {
    const row = `  ${rows[i] ?? ""}`;
    paper.line(effect === "permit" ? paper.colours.green(row) : paper.colours.red(row));
    for (const obligation of obligations)
      writeParagraph(paper, `Condition: ${toObligationWords(obligation)}`);
  }
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

function writeReason(paper: Paper, reason: ExplainedReason): void {
  paper.line();
  paper.line(`  ${paper.colours.bold(`${reason.reason}: ${reason.title}`)}`);
  writeParagraph(paper, reason.wrong);
  writeParagraph(paper, `To let it pass: ${reason.todo}`);
  const source = toSourceWords(reason);
  if (source) writeParagraph(paper, source, paper.colours.dim);
}

function writeParagraph(paper: Paper, text: string, paint = (line: string) => line): void {
  for (const line of wrapText(text, paper.columns - INDENT.length)) paper.line(`${INDENT}${paint(line)}`);
}
