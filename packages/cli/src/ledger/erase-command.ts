import { type Command, InvalidArgumentError } from "commander";
import { toCount } from "../audit/progress.ts";
import { type Erased, eraseLedger } from "./erase.ts";
import { createStepScreen } from "./step-screen.ts";

interface EraseFlags {
  readonly epoch: number;
  readonly store?: string;
  readonly log?: string;
  readonly ledgerRotated?: true;
}

/** `leix ledger erase`: an operator's act, when the retention of a sealed epoch is over. */
export function addEraseCommand(ledger: Command): void {
  ledger
    .command("erase")
    .description("erase the records of a sealed epoch, and of those before it, for good")
    .requiredOption("--epoch <number>", "the epoch whose time is over, counted from 1", toEpoch)
    .option("--store <folder>", "the ledger store, instead of the ledger service's in the network folder")
    .option("--log <vkey>", "the log's verifier key, instead of the ledger service's in the network folder")
    .option("--ledger-rotated", "LEDGER has the records no more: do not ask the broker")
    .addHelpText("after", `\n${REPLAY_FIRST}`)
    .action(async (flags: EraseFlags, command: Command) => {
      const { dir } = command.optsWithGlobals<{ dir: string }>();
      const screen = createStepScreen();
      screen.say(REPLAY_FIRST);
      try {
        const erased = await eraseLedger({
          dir,
          epoch: flags.epoch,
          store: flags.store,
          log: flags.log,
          isRotated: flags.ledgerRotated === true,
          now: Math.floor(Date.now() / 1_000),
          onProgress: screen.draw,
        });
        screen.clear();
        process.stdout.write(toSummary(erased));
      } finally {
        screen.clear();
      }
    });
}

const REPLAY_FIRST =
  "The records are followed to the seal, and not decided again: run leix audit replay before you erase them.";

function toSummary({ erasure: { seal, at }, isNew }: Erased): string {
  const until = `before the seal at record ${toCount(seal.index)}`;
  const when = at === null ? "" : ` on ${new Date(at * 1_000).toISOString()}`;
  const did = isNew
    ? `Everything ${until} is erased`
    : `Nothing to do: everything ${until} was erased${when}`;
  return `${did}, but for statements and seals. The tree still has every leaf: leix audit replay.\n`;
}

function toEpoch(value: string): number {
  if (!/^[1-9][0-9]{0,8}$/.test(value)) throw new InvalidArgumentError("Not the number of an epoch.");
  return Number(value);
}
