import type { Command } from "commander";
import { loadRunConfig } from "../network/config.ts";
import { type Restored, restoreLedger } from "./restore.ts";
import { createStepScreen } from "./step-screen.ts";

interface RestoreFlags {
  readonly store?: string;
  readonly log?: string;
  readonly acceptLoss?: boolean;
}

/** `leix ledger restore`: an operator's act, with the operator's own keys. */
export function addRestoreCommand(ledger: Command): void {
  ledger
    .command("restore")
    .description("recreate LEDGER from the ledger service's store; no service may run, the broker must")
    .option("--store <folder>", "the ledger store, instead of the ledger service's in the network folder")
    .option("--log <vkey>", "the log's verifier key, instead of the ledger service's in the network folder")
    .option(
      "--accept-loss",
      "also where LEDGER or a service has records that the store has not, or CHECKPOINT is another's",
    )
    .action(async (flags: RestoreFlags, command: Command) => {
      const { dir } = command.optsWithGlobals<{ dir: string }>();
      const screen = createStepScreen();
      try {
        const restored = await restoreLedger({
          dir,
          natsUrl: loadRunConfig().natsUrl,
          store: flags.store,
          log: flags.log,
          acceptLoss: flags.acceptLoss === true,
          say: screen.say,
          onProgress: screen.draw,
        });
        screen.clear();
        process.stdout.write(toSummary(restored));
      } finally {
        screen.clear();
      }
    });
}

function toSummary({ records, isRecreated, isRenewed, lost, forgetful }: Restored): string {
  const lines = [
    isRecreated
      ? `LEDGER is restored: ${records} records, with the root of the checkpoint.`
      : `LEDGER is whole: ${records} records, as the store has them. It was not changed.`,
    ...(isRenewed ? ["CHECKPOINT has the store's checkpoint again."] : []),
    ...(lost > 0 ? [`${lost} records that were not in the store are lost.`] : []),
    ...(forgetful.length > 0
      ? [`What they had seen beyond that was put aside: ${forgetful.join(", ")}.`]
      : []),
    "Start the services again; then replay it: leix audit replay.",
    ...(isRecreated
      ? [
          "Copies that waited in INBOX may be lost with it. Senders' nodes send again what nobody has",
          "acknowledged, when they reconnect; leix doctor names what is missing until it is there.",
        ]
      : []),
  ];
  return `${lines.join("\n")}\n`;
}
