import { setTimeout as pause } from "node:timers/promises";
import type { CosignOutcome, Witness } from "@leix/client";
import { ERRORS, type ErrorCode } from "@leix/protocol";
import type { Command } from "commander";
import { type NodeFlags, withNode, withNodeOptions } from "../messages/node-access.ts";
import { createPaper } from "../messages/paper.ts";

interface CosignFlags extends NodeFlags {
  readonly json?: true;
}

/** The checkpoint by the witness, or its cosignature by the ledger service. */
const REFUSALS = new Set(["checkpoint.refused", "cosignature.refused", "ledger.forked"]);
const ASK_AGAIN_MS = 1_000;

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
        const outcome = await cosignSettled(own);
        const [code] = refused.toReversed();
        const size = own.last()?.size ?? 0;
        if (code) process.exitCode = 1;
        if (flags.json) {
          const { cosigns } = own;
          process.stdout.write(`${JSON.stringify({ agency, size, cosigns, outcome, refused: code })}\n`);
          return;
        }
        const paper = createPaper(process.stdout);
        if (outcome === "nothing-new")
          paper.line("Nothing new to cosign: the log serves what was seen last.");
        paper.line(`${agency} has ${own.cosigns ? "cosigned" : "seen"} the ledger up to ${size} records.`);
        if (code) paper.line(paper.colours.red(`Refused: ${code}. ${ERRORS[code].todo}`));
        for (const file of await own.listForks()) paper.line(`Proof of two histories: ${file}`);
      }),
    );
}

/** An instance of the ledger service that is behind catches up; what is lost stays lost. */
async function cosignSettled(own: Witness): Promise<CosignOutcome> {
  while (true) {
    const outcome = await own.cosignNewest();
    if (outcome !== "unsettled") return outcome;
    await pause(ASK_AGAIN_MS);
  }
}
