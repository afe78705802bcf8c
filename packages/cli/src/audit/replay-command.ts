import { readFile } from "node:fs/promises";
import { LeixError } from "@leix/protocol";
import type { Command } from "commander";
import { FORK_OUT_TEXT, proveToEverybody } from "./fork-file.ts";
import { loadSigners } from "./judge-note.ts";
import { createProgress } from "./progress.ts";
import { replayLedger } from "./replay.ts";
import { type Replay, toVerdict } from "./replay-result.ts";
import { toReport } from "./report.ts";
import { type LedgerFlags, withLedger, withLedgerOptions } from "./source-choice.ts";

interface ReplayFlags extends LedgerFlags {
  readonly checkpoint?: string;
  readonly withoutCheckpoint?: true;
  readonly resume?: string;
  readonly forkOut?: string;
  readonly json?: true;
}

const EXIT_CODES = `
Exit codes:
  0  every record was checked and decided again, or erased below a seal; all of it is as it should be, and
     a checkpoint of just so many records proves that the ledger ends there. With --resume: every record
     from there on; of those before it an earlier audit says so, and this copy's were not read
  1  something is not, or the audit could not be done, or not to its end
  3  all that is here is as it should be, but no checkpoint is of so many records: whether the ledger goes
     on, nothing here proves (--without-checkpoint makes it 0)
  4  all that is here is as it should be, but the ledger begins with a seal, and what was put away before
     it was not looked at: --store or --url has it`;
const EXITS = { sound: 0, unsound: 1, incomplete: 1, "end-unproven": 3, "put-away": 4 } as const;

/** `leix audit replay`: everything that happened, checked and decided again. */
export function addReplayCommand(audit: Command): void {
  withLedgerOptions(audit.command("replay"))
    .description("check every signature and place in the ledger, decide every record again, rebuild the tree")
    .option("--checkpoint <file>", "a signed checkpoint to compare with, beside the ledger's own")
    .option("--without-checkpoint", "be content with a ledger of which no checkpoint proves the end")
    .option("--resume <file>", "go on from what this file of your own keeps, and keep it there")
    .option("--fork-out <file>", FORK_OUT_TEXT)
    .option("--json", "the result as one line of JSON")
    .addHelpText("after", EXIT_CODES)
    .action(async (flags: ReplayFlags, command: Command) => {
      const { dir } = command.optsWithGlobals<{ dir: string }>();
      await replay(dir, flags);
    });
}

async function replay(dir: string, flags: ReplayFlags): Promise<void> {
  const checkpoints = flags.checkpoint === undefined ? [] : [await loadNote(flags.checkpoint)];
  const progress = createProgress(process.stderr);
  await withLedger(dir, flags, async (ledger) => {
    const { source, trust, keys } = ledger;
    const ending = new AbortController();
    const end = (): void => ending.abort();
    if (flags.resume !== undefined) process.once("SIGINT", end);
    const { signal } = ending;
    const how = { onProgress: progress.draw, checkpoints, logKeys: keys, memoryFile: flags.resume, signal };
    const result = await replayLedger(trust, source, how).finally(progress.clear);
    process.off("SIGINT", end);
    process.stdout.write(flags.json ? `${toJson(result)}\n` : toReport(result, source.size));
    if (isForked(result)) {
      const loadKeys = async () => (await loadSigners(ledger)).keys;
      const lines = await proveToEverybody(source, checkpoints, loadKeys, flags.forkOut);
      if (!flags.json) process.stdout.write(`${lines.join("\n")}\n`);
    }
    const verdict = toVerdict(result);
    const isContent = verdict === "end-unproven" && flags.withoutCheckpoint;
    process.exitCode = isContent ? 0 : EXITS[verdict];
  });
}

/** Throws `ledger/checkpoint-invalid` for a file that cannot be read. */
export async function loadNote(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new LeixError("ledger/checkpoint-invalid", `${file} cannot be read`, { cause });
  }
}

function isForked({ differences }: Replay): boolean {
  return differences.some(({ about, code }) => about === "checkpoint" && code === "ledger/root-differs");
}

function toJson(result: Replay): string {
  return JSON.stringify({ verdict: toVerdict(result), ...result, durationMs: Math.round(result.durationMs) });
}
