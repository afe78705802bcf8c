import { loadNetwork, type PartyConnection, withConnection } from "@leix/runtime";
import type { Command } from "commander";
import { exportLedger } from "./audit/export.ts";
import { createProgress, toCount } from "./audit/progress.ts";
import { isSound, type Replay, type ReplaySource, replayLedger } from "./audit/replay.ts";
import { toReport } from "./audit/report.ts";
import { openBrokerSource, openFileSource } from "./audit/sources.ts";
import { loadTrust } from "./audit/trust.ts";
import { loadRunConfig } from "./network/config.ts";

interface ReplayFlags {
  readonly file?: string;
  readonly trust?: string;
  readonly json?: true;
}

/** Whose credentials read the ledger. */
const AUDITOR = "auditor";
const CONNECT_WAIT_MS = 5_000;

/** `leix audit …`: checks everything that happened, without believing the services that did it. */
export function addAuditCommands(program: Command): void {
  const audit = program.command("audit").description("check the ledger, and take it along");
  audit
    .command("replay")
    .description("check every signature and place in the ledger, and decide every record again")
    .option("--file <export>", "an exported ledger, instead of the broker's")
    .option("--trust <file>", "whom to trust: a network.json or party.json, instead of the network folder's")
    .option("--json", "the result as one line of JSON")
    .action(async (flags: ReplayFlags, command: Command) => {
      const { dir } = command.optsWithGlobals<{ dir: string }>();
      await replay(dir, flags);
    });
  audit
    .command("export")
    .description("copy the ledger into one file")
    .option("--from-broker", "from the running broker (the default)")
    .requiredOption("--out <file>", "the file to write; one that is there is replaced")
    .action(async ({ out }: { readonly out: string }, command: Command) => {
      const { dir } = command.optsWithGlobals<{ dir: string }>();
      const trust = await loadTrust(dir);
      const { records, bytes } = await withAuditor(dir, (nc) => exportLedger(nc, trust, out));
      process.stdout.write(`${toCount(records)} records, ${toCount(bytes)} bytes in ${out}\n`);
    });
}

async function replay(dir: string, flags: ReplayFlags): Promise<void> {
  const trust = await loadTrust(dir, flags.trust);
  const progress = createProgress(process.stderr);
  const run = async (source: ReplaySource): Promise<void> => {
    const result = await replayLedger(trust, source, progress.draw);
    progress.clear();
    process.stdout.write(flags.json ? `${toJson(result)}\n` : toReport(result, source.size));
    if (!isSound(result)) process.exitCode = 1;
  };
  if (flags.file === undefined) {
    await withAuditor(dir, async (nc) => run(await openBrokerSource(nc)));
    return;
  }
  await using source = await openFileSource(flags.file, trust);
  await run(source);
}

async function withAuditor<T>(dir: string, work: (nc: PartyConnection) => Promise<T>): Promise<T> {
  const { natsUrl } = loadRunConfig();
  const reach = { natsUrl, firstConnectWaitMs: CONNECT_WAIT_MS };
  return withConnection(dir, await loadNetwork(dir), AUDITOR, reach, work);
}

function toJson(result: Replay): string {
  return JSON.stringify({ ...result, durationMs: Math.round(result.durationMs) });
}
