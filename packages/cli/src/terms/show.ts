import type { Command } from "commander";
import { type DeskFlags, withAsOption, withDesk } from "../desk/desk-access.ts";
import { createPaper, type Paper } from "../messages/paper.ts";
import { findPairTerms, type PairTerms } from "./pair-terms.ts";
import { toTermsText } from "./terms-text.ts";

export function addShowCommand(terms: Command): void {
  withAsOption(terms.command("show"))
    .description("what is in force with another country, and what either side proposes")
    .argument("<country>", "the other one")
    .option("--offline", "as it is kept here, without asking")
    .option("--json", "the result as one line of JSON")
    .action((country: string, flags: DeskFlags & { as: string }, self: Command) => {
      return withDesk(self, flags.as, flags, async (desk) => {
        const pair = await findPairTerms(desk, country);
        if (flags.json) process.stdout.write(`${JSON.stringify(pair)}\n`);
        else writePair(createPaper(process.stdout), pair, desk.party);
      });
    });
}

function writePair(paper: Paper, { pair, inForce, proposals }: PairTerms, party: string): void {
  paper.line(
    inForce ? `${pair}, version ${inForce.version}: ${toTermsText(inForce.content)}.` : `${pair}: no terms.`,
  );
  if (!inForce || inForce.content.ended) paper.line("Without terms no personal data cross the border.");
  for (const { by, version, digest, content } of proposals) {
    paper.line();
    paper.line(`${by} proposes version ${version}: ${toTermsText(content)}.`);
    paper.line(`Digest: ${digest}`);
    if (by !== party) paper.line(`To agree: leix terms sign ${by} --as ${party} --digest ${digest}`);
  }
}
