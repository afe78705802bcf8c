import type { Command } from "commander";
import { type NodeFlags, withNode, withNodeOptions } from "../messages/node-access.ts";
import { createPaper, toTimeText } from "../messages/paper.ts";
import { loadFile } from "./fork-verify.ts";

interface AcceptFlags extends NodeFlags {
  readonly json?: true;
}

/** By the exchange's own rules: the ledger service's key, and k of n witnesses. */
export function addAcceptCommand(witness: Command): void {
  withNodeOptions(witness.command("accept"))
    .description("whether the agency may rely on a checkpoint")
    .argument("<note>", "the signed note: the ledger service's `checkpoint`, or what another agency has")
    .action((file: string, flags: AcceptFlags, self: Command) =>
      withNode(self, flags, async (node) => {
        const { checkpoint, cosignatures } = await node.witness.accept(await loadFile(file));
        if (flags.json) {
          process.stdout.write(
            `${JSON.stringify({ accepted: true, size: checkpoint.size, cosignatures })}\n`,
          );
          return;
        }
        const paper = createPaper(process.stdout);
        paper.line(`${node.agency} may rely on the checkpoint of ${checkpoint.size} records.`);
        for (const { witness: name, timestamp } of cosignatures) {
          paper.line(`cosigned by ${name} at ${toTimeText(timestamp)}`);
        }
      }),
    );
}
