import type { Finding, Proof, Verification } from "@leix/evidence";
import { ERRORS } from "@leix/protocol";
import { type Paper, toSafeText, wrapText } from "../messages/paper.ts";
import type { CheckpointChoice } from "./checkpoint-choice.ts";
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

/** Under which checkpoint evidence was made, and why under this one. */
export function toCheckpointText({ findings }: Proof, why: CheckpointChoice["why"]): string {
  const size = findings.find((one) => one.what === "in-ledger")?.size ?? 0;
  const isDoubtful = findings.some(({ what }) => what === "single-history");
  switch (why) {
    case "named":
      return `Under the checkpoint of ${size} records that was named.`;
    case "cosigned":
      return `Under the checkpoint of ${size} records: the newest that its quorum of witnesses has cosigned.`;
    case "newest":
      return isDoubtful
        ? `Under the newest checkpoint, of ${size} records: none is known here that covers the message and ` +
            "that its quorum of witnesses has cosigned."
        : `Under the newest checkpoint, of ${size} records.`;
  }
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
