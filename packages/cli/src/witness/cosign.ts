import { ERRORS, type ErrorCode } from "@leix/protocol";
import type { Command } from "commander";
import { type NodeFlags, withNode, withNodeOptions } from "../messages/node-access.ts";
import { createPaper } from "../messages/paper.ts";

interface CosignFlags extends NodeFlags {
  readonly json?: true;
}

/** The checkpoint by the witness, or its cosignature by the ledger service. */
const REFUSALS = new Set(["checkpoint.refused", "cosignature.refused", "ledger.forked"]);

/** One round of what the agency's node does by itself. */
export function addCosignCommand(witness: Command): void {
  withNodeOptions(witness.command("cosign"))
    .description("ask for the newest checkpoint now, and cosign it if it extends the last one")
    .action((flags: CosignFlags, self: Command) =>
      withNode(self, flags, async ({ agency, witness: own }, listen) => {
        const refused: ErrorCode[] = [];
        using _listening = listen((event) => {
          if (REFUSALS.has(event.kind) && "code" in event) refused.push(event.code);
        });
        await own.cosignNewest();
        const [code] = refused.toReversed();
        const size = own.last()?.size ?? 0;
        if (code) process.exitCode = 1;
        if (flags.json) {
          process.stdout.write(`${JSON.stringify({ agency, size, cosigns: own.cosigns, refused: code })}\n`);
          return;
        }
        const paper = createPaper(process.stdout);
        paper.line(`${agency} has ${own.cosigns ? "cosigned" : "seen"} the ledger up to ${size} records.`);
        if (code) paper.line(paper.colours.red(`Refused: ${code}. ${ERRORS[code].todo}`));
        for (const file of await own.listForks()) paper.line(`Proof of two histories: ${file}`);
      }),
    );
}
