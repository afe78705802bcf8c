import type { Failure, Finding, Proof, Verification } from "@leix/evidence";
import { ERRORS } from "@leix/protocol";
import { type Paper, toSafeText, wrapText } from "../messages/paper.ts";
import type { CheckpointChoice } from "./checkpoint-choice.ts";
import { toFindingText } from "./finding-text.ts";

/** What evidence proves and what it does not, for a person who has never seen this exchange. */
export function writeVerification(paper: Paper, found: Verification): void {
  const { colours } = paper;
  if (!found.isProven) {
    const { part, code, detail } = found;
    paper.line(`${colours.bold(colours.red("Not valid."))} The part that fails is ${colours.bold(part)}.`);
    writeText(paper, "", `${toTrustText(found) ?? toFailureText(code, detail)} [${code}]`);
    writeText(paper, "", "Nothing in the file is to be believed.");
    return;
  }
  const { message, findings } = found;
  paper.line(`${colours.bold(colours.green("Valid."))} Evidence of message ${message.id} of ${message.iss}.`);
  writeAll(paper, "Proven", findings, "proven");
  writeAll(paper, "Not proven", findings, "not-proven");
}

function toFailureText(code: Failure["code"], detail: string): string {
  const { when, todo } = ERRORS[code];
  return `${when}${detail === "" ? "" : ` (${toSafeText(detail)})`} ${todo}`;
}

/** Where the file is not of the exchange or the anchor that its reader named: what to do is the reader's. */
function toTrustText({ part, code, detail }: Failure): string | undefined {
  const next =
    "Compare what you named with what the exchange has published; if it is right, the file is not.";
  if (code === "claims/audience" && part === "aud") {
    const other = `of the exchange ${toSafeText(detail)}, and you named another one (--exchange)`;
    return `This file is ${other}. ${next}`;
  }
  if (code !== "statement/not-genesis") return undefined;
  return `The anchor of this file is not the one that you named: another key signed it (--anchor). ${next}`;
}

/** Under which checkpoint evidence was made, and why under this one. */
export function toCheckpointText({ findings }: Proof, why: CheckpointChoice["why"]): string {
  const size = findings.find((one) => one.what === "in-ledger")?.size ?? 0;
  const doubt = findings.find((one) => one.what === "single-history");
  switch (why) {
    case "named":
      return `Under the checkpoint of ${size} records that was named.`;
    case "cosigned":
      return `Under the checkpoint of ${size} records: the newest that its quorum of witnesses has cosigned.`;
    case "newest":
      if (doubt?.quorum === 0) {
        return `Under the newest checkpoint, of ${size} records: this exchange asks for no witness of it.`;
      }
      return doubt
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
