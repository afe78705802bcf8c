import type { Command } from "commander";
import { loadRunConfig } from "../network/config.ts";
import { type Rotated, rotateLedger } from "./rotate.ts";
import { createStepScreen } from "./step-screen.ts";

interface RotateFlags {
  readonly store?: string;
  readonly log?: string;
}

/** `leix ledger rotate`: an operator's act, with the operator's own keys. */
export function addRotateCommand(ledger: Command): void {
  ledger
    .command("rotate")
    .description("put away what the newest seal has sealed; no service may run, the broker must")
    .option("--store <folder>", "the ledger store, instead of the ledger service's in the network folder")
    .option("--log <vkey>", "the log's verifier key, instead of the ledger service's in the network folder")
    .addHelpText("after", FOLLOWED)
    .action(async (flags: RotateFlags, command: Command) => {
      const { dir } = command.optsWithGlobals<{ dir: string }>();
      const screen = createStepScreen();
      try {
        const rotated = await rotateLedger({
          dir,
          natsUrl: loadRunConfig().natsUrl,
          store: flags.store,
          log: flags.log,
          onProgress: screen.draw,
        });
        screen.clear();
        process.stdout.write(toSummary(rotated));
      } finally {
        screen.clear();
      }
    });
}

const FOLLOWED = `
The state under the seal is made again from the records and compared with the seal.
Decisions are followed, and not decided again: leix audit replay does that.`;

function toSummary({ seal, isRotated, left }: Rotated): string {
  if (seal === undefined) return "No epoch is sealed under a checkpoint yet. Nothing was changed.\n";
  const begin = `LEDGER begins with the seal at record ${seal}, and has ${left} records.`;
  if (!isRotated) return `${begin} There was nothing to put away.\n`;
  return `${begin} The ${seal} before it are in the ledger store.\nStart the services again.\n`;
}
