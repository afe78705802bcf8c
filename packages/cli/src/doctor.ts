import type { Command } from "commander";
import { isFine, toLines } from "./doctor-report.ts";
import { type DoctorOptions, runChecks } from "./doctor-run.ts";
import { loadRunConfig } from "./network/config.ts";

export function addDoctorCommand(program: Command): void {
  program
    .command("doctor")
    .description(
      "check files, certificates, connections, clock, versions, streams, ledger, accounts and services",
    )
    .option("--as <party>", "only what this party can see, from its own folder")
    .action(async (flags: { as?: string }, command: Command) => {
      const { dir } = command.optsWithGlobals<{ dir: string }>();
      const isWell = await examine({
        dir,
        ...flags,
        natsUrl: loadRunConfig().natsUrl,
        now: Date.now,
        nodeVersion: process.versions.node,
      });
      if (!isWell) process.exitCode = 1;
    });
}

/** Prints each check as it is done; false where any has a problem. */
async function examine(options: DoctorOptions): Promise<boolean> {
  let isWell = true;
  for await (const report of runChecks(options)) {
    isWell &&= isFine(report);
    process.stdout.write(toLines(report).join("\n").concat("\n"));
  }
  return isWell;
}
