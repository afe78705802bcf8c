import { type Command, InvalidArgumentError } from "commander";
import { type NodeFlags, withNode, withNodeOptions } from "../messages/node-access.ts";
import { createPaper, toTimeText } from "../messages/paper.ts";
import { loadFile } from "./fork-verify.ts";

interface AcceptFlags extends NodeFlags {
  readonly quorum?: number;
  readonly json?: true;
}

/** By the exchange's own rules: the ledger service's key, and k of n countries. */
export function addAcceptCommand(witness: Command): void {
  withNodeOptions(witness.command("accept"))
    .description("rely on a checkpoint: from then on no older one, and no other history, is relied on")
    .argument("<note>", "the signed note: the ledger service's `checkpoint`, or what another agency has")
    .option(
      "--quorum <count>",
      "so many countries must have cosigned it, if the exchange asks for fewer",
      toCount,
    )
    .action((file: string, flags: AcceptFlags, self: Command) =>
      withNode(self, flags, async (node) => {
        const { checkpoint, cosignatures } = await node.witness.accept(await loadFile(file), flags.quorum);
        if (flags.json) {
          process.stdout.write(
            `${JSON.stringify({ accepted: true, size: checkpoint.size, cosignatures })}\n`,
          );
          return;
        }
        const paper = createPaper(process.stdout);
        paper.line(`${node.agency} relies on the checkpoint of ${checkpoint.size} records.`);
        for (const { witness: name, timestamp } of cosignatures) {
          paper.line(`cosigned by ${name} at ${toTimeText(timestamp)}`);
        }
      }),
    );
}

function toCount(value: string): number {
  if (/^[0-9]{1,2}$/.test(value)) return Number(value);
  throw new InvalidArgumentError("a whole number");
}
