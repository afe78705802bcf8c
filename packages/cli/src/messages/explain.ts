import type { Command } from "commander";
import { type ArrivalFlags, takeIn, withArrivalOptions } from "./arrivals.ts";
import { writeExplanation } from "./explanation-text.ts";
import { withNode, withNodeOptions } from "./node-access.ts";
import { createPaper } from "./paper.ts";
import { toAddressWords } from "./words.ts";

interface ExplainFlags extends ArrivalFlags {
  readonly as: string;
  readonly language: string;
  readonly json?: true;
}

export function addExplainCommand(program: Command): void {
  withArrivalOptions(withNodeOptions(program.command("explain")))
    .description("say what became of a message and why, and what would let it pass")
    .argument("<id>", "a message, or the beginning or end of its id")
    .option("--language <code>", "of the rules' texts; English where there is none", "en")
    .action((id: string, flags: ExplainFlags, self: Command) =>
      withNode(self, flags, async (node, listen) => {
        await takeIn(node, flags, listen);
        const explanation = node.explain(id, flags.language);
        if (flags.json) {
          process.stdout.write(`${JSON.stringify(explanation)}\n`);
          return;
        }
        const paper = createPaper(process.stdout);
        const { claims } = node.archive.find(id);
        paper.line(`${paper.colours.bold(explanation.id)}  ${claims ? toAddressWords(claims) : ""}`);
        writeExplanation(paper, explanation);
      }),
    );
}
