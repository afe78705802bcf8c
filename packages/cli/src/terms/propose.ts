import type { Desk } from "@leix/client";
import type { TermsContent } from "@leix/protocol";
import type { Command } from "commander";
import { type DeskFlags, withAsOption, withDesk, withSigningOptions } from "../desk/desk-access.ts";
import { speak } from "../desk/speak.ts";
import { createPaper } from "../messages/paper.ts";
import { type ContentFlags, toContent, withContentOptions } from "./content-flags.ts";
import { findInForce, findPairTerms, type PairTerms } from "./pair-terms.ts";
import { toTermsText } from "./terms-text.ts";

interface ProposeFlags extends DeskFlags, ContentFlags {
  readonly as: string;
}

export function addProposeCommand(terms: Command): void {
  const toNew = (flags: ContentFlags) => toContent(flags);
  addProposing(
    terms,
    "propose",
    "propose terms to another country; what is not said is not let through",
    toNew,
  );
}

export function addAmendCommand(terms: Command): void {
  const toAmended = (flags: ContentFlags, pair: PairTerms) => toContent(flags, findInForce(pair));
  addProposing(terms, "amend", "propose to change the terms in force in what is said", toAmended);
}

function addProposing(
  terms: Command,
  name: string,
  description: string,
  toProposed: (flags: ContentFlags, pair: PairTerms) => TermsContent,
): void {
  const command = withSigningOptions(withAsOption(terms.command(name))).description(description);
  withContentOptions(command)
    .argument("<country>", "the other one")
    .action((country: string, flags: ProposeFlags, self: Command) => {
      return withDesk(self, flags.as, flags, async (desk) => {
        const pair = await findPairTerms(desk, country);
        await proposeTerms(desk, pair, toProposed(flags, pair), country, flags);
      });
    });
}

/** One signature of two: in force when the other side has signed the same. */
async function proposeTerms(
  desk: Desk,
  { pair }: PairTerms,
  terms: TermsContent,
  country: string,
  flags: ProposeFlags,
): Promise<void> {
  const spoken = await speak(desk, [{ kind: "terms", subject: pair, terms }], flags);
  if (flags.json || spoken.some(({ kind }) => kind === "refused")) return;
  const { proposals } = await findPairTerms(desk, country);
  const own = proposals.find(({ by }) => by === desk.party);
  const paper = createPaper(process.stdout);
  paper.line(`Proposed: ${toTermsText(terms)}.`);
  if (!own) return;
  paper.line(`Digest: ${own.digest}`);
  paper.line(`In force when ${country} has signed: leix terms sign ${desk.party} --as ${country} --digest …`);
}
