import { type CompletenessProof, verifyCompleteness } from "@leix/evidence";
import type { Command } from "commander";
import { readEvidence } from "../../evidence/evidence-file.ts";
import { loadEvidenceTrust, type TrustFlags } from "../../evidence/evidence-trust.ts";
import { writeVerification } from "../../evidence/report.ts";
import { createPaper } from "../../messages/paper.ts";
import { listNotProven, listProven, writeProofText } from "./proof-text.ts";

interface VerifyFlags extends TrustFlags {
  readonly json?: true;
}

/** `leix audit completeness-verify`: what became of an agency's messages, from one file. */
export function addCompletenessVerifyCommand(audit: Command): void {
  audit
    .command("completeness-verify")
    .description(
      "say what a file of `completeness --out` proves, from the anchor's key alone; needs no network",
    )
    .argument("<file>", "what the agency, or an auditor, has made")
    .option("--anchor <key>", "thumbprint of the anchor's key, or a file that names it: what is trusted")
    .option("--exchange <id>", "the exchange, where --anchor is a thumbprint")
    .option("--json", "the result as one line of JSON")
    .action(async (file: string, flags: VerifyFlags, command: Command) => {
      const { dir } = command.optsWithGlobals<{ dir: string }>();
      const found = await verifyCompleteness(await readEvidence(file), await loadEvidenceTrust(dir, flags));
      const paper = createPaper(process.stdout);
      if (flags.json) process.stdout.write(`${JSON.stringify(found.isProven ? toJson(found) : found)}\n`);
      else if (found.isProven) writeProofText(paper, found);
      else writeVerification(paper, found);
      if (!found.isProven) process.exitCode = 1;
    });
}

function toJson({ log, ...proof }: CompletenessProof): object {
  const { checkpoint, quorum, countries, witnesses } = log;
  const { size, root } = checkpoint;
  return {
    ...proof,
    ledger: { size, root: Buffer.from(root).toString("base64"), quorum, countries, witnesses },
    texts: { proven: listProven({ log, ...proof }), notProven: listNotProven({ log, ...proof }) },
  };
}
