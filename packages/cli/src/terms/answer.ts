import type { Command } from "commander";
import { type DeskFlags, withAsOption, withDesk, withSigningOptions } from "../desk/desk-access.ts";
import { speak } from "../desk/speak.ts";
import { createPaper } from "../messages/paper.ts";
import { findInForce, findPairTerms, findProposal } from "./pair-terms.ts";
import { toTermsText } from "./terms-text.ts";

interface SignFlags extends DeskFlags {
  readonly as: string;
  readonly digest: string;
}

/** The digest was read by whoever signs: what is proposed since then is not signed unseen. */
export function addSignCommand(terms: Command): void {
  withSigningOptions(withAsOption(terms.command("sign")))
    .description("agree to what the other country proposes; with both signatures it is in force")
    .argument("<country>", "the other one")
    .requiredOption("--digest <digest>", "of what is to be signed, as `leix terms show` tells it")
    .action((country: string, flags: SignFlags, self: Command) => {
      return withDesk(self, flags.as, flags, async (desk) => {
        const pair = await findPairTerms(desk, country);
        const { version, content } = findProposal(pair, country, flags.digest);
        const statement = { kind: "terms", subject: pair.pair, version, terms: content } as const;
        const spoken = await speak(desk, [statement], flags);
        if (flags.json || spoken.some(({ kind }) => kind !== "recorded")) return;
        createPaper(process.stdout).line(`In force: ${toTermsText(content)}.`);
      });
    });
}

export function addEndCommand(terms: Command): void {
  withSigningOptions(withAsOption(terms.command("end")))
    .description("end the terms with another country; it takes no second signature")
    .argument("<country>", "the other one")
    .action((country: string, flags: DeskFlags & { as: string }, self: Command) => {
      return withDesk(self, flags.as, flags, async (desk) => {
        const pair = await findPairTerms(desk, country);
        const terms = { ...findInForce(pair), ended: true };
        await speak(desk, [{ kind: "terms", subject: pair.pair, terms }], flags);
      });
    });
}
