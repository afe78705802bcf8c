import type { Command } from "commander";
import { exportLedger } from "./export.ts";
import { importLedger } from "./import.ts";
import { createProgress, toCount } from "./progress.ts";
import { toReport } from "./report.ts";
import { type LedgerFlags, toLedgerFlags, withLedger, withLedgerOptions } from "./source-choice.ts";

interface ExportFlags extends LedgerFlags {
  readonly out: string;
}

/** `leix audit export` and `import`: a ledger as one file, and back. */
export function addCopyCommands(audit: Command): void {
  withLedgerOptions(audit.command("export"))
    .description("copy the ledger, with its checkpoint, into one file")
    .option("--from-broker", "from the running broker (the default)")
    .requiredOption("--out <file>", "the file to write; one that is there is replaced")
    .action(async (flags: ExportFlags, command: Command) => {
      const { dir } = command.optsWithGlobals<{ dir: string }>();
      const { records, bytes } = await withLedger(dir, flags, ({ source, trust }) => {
        return exportLedger(source, trust, flags.out);
      });
      process.stdout.write(`${toCount(records)} records, ${toCount(bytes)} bytes in ${flags.out}\n`);
    });
  audit
    .command("import")
    .description("replay a ledger and, where all of it is sound, write it into a ledger store's folder")
    .argument("<from>", "an exported ledger, another store's folder, https://host:port, or broker")
    .argument("<folder>", "the store: a folder that is empty or not there")
    .option("--trust <file>", "whom to trust: a network.json or party.json, instead of the network folder's")
    .option("--log <vkey>", "who signs the checkpoints, instead of whom the ledger itself names")
    .action(async (from: string, folder: string, flags: LedgerFlags, command: Command) => {
      const { dir } = command.optsWithGlobals<{ dir: string }>();
      await importInto(dir, { ...flags, ...(await toLedgerFlags(from)) }, folder);
    });
}

async function importInto(dir: string, flags: LedgerFlags, folder: string): Promise<void> {
  const progress = createProgress(process.stderr);
  await withLedger(dir, flags, async ({ source, trust, keys }) => {
    const options = { onProgress: progress.draw, logKeys: keys };
    const { replay, written } = await importLedger(source, trust, folder, options).finally(progress.clear);
    process.stdout.write(toReport(replay, source.size));
    if (written > 0) process.stdout.write(`written      ${toCount(written)} records in ${folder}\n`);
    else {
      process.stdout.write("written      nothing: only what is sound is imported\n");
      process.exitCode = 1;
    }
  });
}
