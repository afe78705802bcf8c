import type { Finding, Proof, Verification } from "@leix/evidence";
import { ERRORS } from "@leix/protocol";
import { type Paper, toSafeText, wrapText } from "../messages/paper.ts";
import { toFindingText } from "./finding-text.ts";

/** What evidence proves and what it does not, for a person who has never seen this exchange. */
export function writeVerification(paper: Paper, found: Verification): void {
  const { colours } = paper;
  if (!found.isProven) {
    const { part, code, detail } = found;
    const { when, todo } = ERRORS[code];
    paper.line(`${colours.bold(colours.red("Not valid."))} The part that fails is ${colours.bold(part)}.`);
    writeText(paper, "", `${when}${detail === "" ? "" : ` (${toSafeText(detail)})`} ${todo} [${code}]`);
    writeText(paper, "", "Nothing in the file is to be believed.");
    return;
  }
  const { message, findings } = found;
  paper.line(`${colours.bold(colours.green("Valid."))} Evidence of message ${message.id} of ${message.iss}.`);
  writeAll(paper, "Proven", findings, "proven");
  writeAll(paper, "Not proven", findings, "not-proven");
}

function writeAll(paper: Paper, title: string, findings: readonly Finding[], kind: Finding["kind"]): void {
  paper.line();
  paper.line(paper.colours.bold(title));
  for (const finding of findings) {
    if (finding.kind === kind) writeText(paper, kind === "proven" ? "+ " : "- ", toFindingText(finding));
  }
}

function writeText(paper: Paper, mark: string, text: string): void {
  const indent = " ".repeat(mark.length);
  for (const [i, line] of wrapText(text, paper.columns - mark.length).entries()) {
    paper.line(`${i === 0 ? mark : indent}${line}`);
  }
}

/** The same as one line of JSON, with the sentences. */
export function toVerificationJson(found: Verification): string {
  if (!found.isProven) return JSON.stringify(found);
  const { isProven, message, findings }: Proof = found;
  const told = findings.map((finding) => ({ ...finding, text: toFindingText(finding) }));
  return JSON.stringify({ isProven, message, findings: told });
}
