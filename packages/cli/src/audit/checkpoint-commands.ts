import { LeixError } from "@leix/protocol";
import { isSameHash, type TreeHead } from "@leix/tlog";
import { type Command, InvalidArgumentError } from "commander";
import { FORK_OUT_TEXT, proveToEverybody } from "./fork-file.ts";
import { type Asked, acceptNote, judgeCosigned, loadSigners, type Signers } from "./judge-note.ts";
import { toCount } from "./progress.ts";
import { toVkey } from "./replay/log-keys.ts";
import { loadNote } from "./replay-command.ts";
import type { ReplaySource } from "./replay-source.ts";
import { type LedgerFlags, withLedger, withLedgerOptions } from "./source-choice.ts";
import { toRootText, verifyHeads } from "./tree-of-source.ts";

interface CheckpointFlags extends LedgerFlags {
  readonly forkOut?: string;
}
type VerifyFlags = CheckpointFlags & Asked;

const EXIT_CODES = `
Exit codes:
  0  the checkpoint is signed, and the ledger has its tree; also where fewer cosigned it than the exchange
     asks for: only --quorum makes that fail
  1  it is not, or that could not be looked at`;

/** `leix audit verify` and `consistency`: what signed checkpoints say of a ledger, and of each other. */
export function addCheckpointCommands(audit: Command): void {
  withLedgerOptions(audit.command("verify"))
    .description("check who signed and cosigned a checkpoint, and that the ledger has the tree it signs")
    .argument("<checkpoint>", "a file with a signed checkpoint")
    .option("--quorum <count>", "fail unless so many countries, or named witnesses, cosigned it", toQuorum)
    .option(
      "--witness <vkey>",
      "a witness whose cosignature counts, instead of the ledger's countries; may be given again",
      collect,
      [],
    )
    .option("--fork-out <file>", FORK_OUT_TEXT)
    .addHelpText("after", EXIT_CODES)
    .action(async (file: string, flags: VerifyFlags, command: Command) => {
      const { dir } = command.optsWithGlobals<{ dir: string }>();
      await verify(dir, file, flags);
    });
  withLedgerOptions(audit.command("consistency"))
    .description("check that the ledger of a newer checkpoint begins with that of an older one")
    .argument("<older>", "a file with a signed checkpoint")
    .argument("<newer>", "a file with a signed checkpoint")
    .option("--fork-out <file>", FORK_OUT_TEXT)
    .action(async (older: string, newer: string, flags: CheckpointFlags, command: Command) => {
      const { dir } = command.optsWithGlobals<{ dir: string }>();
      await compare(dir, [older, newer], flags);
    });
}

async function verify(dir: string, file: string, flags: VerifyFlags): Promise<void> {
  const note = await loadNote(file);
  await withLedger(dir, flags, async (ledger) => {
    const { source } = ledger;
    const signers = await loadSigners(ledger);
    const checkpoint = await acceptNote(note, signers);
    // First: of two histories, the one that few have cosigned yet is no less signed.
    await orFork(verifyHeads(source, checkpoint, checkpoint), source, [note], signers, flags);
    const cosigned = await judgeCosigned(note, signers, flags);
    const isAll = source.total === checkpoint.size;
    const later = ` at this size, and ${toCount(source.total)} records by now`;
    const lines = [
      `origin       ${checkpoint.origin}`,
      `size         ${toCount(checkpoint.size)}`,
      `root         ${toRootText(checkpoint.root)}`,
      `signed by    ${await toVkey(note, signers.keys)}`,
      ...cosigned,
      `ledger       has this root${isAll ? "" : later}`,
    ];
    process.stdout.write(`${lines.join("\n")}\n`);
  });
}

async function compare(dir: string, files: readonly [string, string], flags: CheckpointFlags): Promise<void> {
  const notes = [await loadNote(files[0]), await loadNote(files[1])] as const;
  await withLedger(dir, flags, async (ledger) => {
    const { source } = ledger;
    const signers = await loadSigners(ledger);
    const older = await acceptNote(notes[0], signers);
    const newer = await acceptNote(notes[1], signers);
    if (older.size > newer.size) {
      const sizes = `${files[0]} is of ${older.size} records, ${files[1]} of ${newer.size}`;
      throw new LeixError("tlog/size", `${sizes}: name the older one first`);
    }
    await orFork(verifyHeads(source, older, newer), source, notes, signers, flags);
    process.stdout.write(`consistent   ${toConsistencyText(older, newer)}\n`);
  });
}

function toConsistencyText(older: TreeHead, newer: TreeHead): string {
  if (older.size === newer.size && isSameHash(older.root, newer.root)) return "both are of the same tree";
  const [begin, all] = [toCount(older.size), toCount(newer.size)];
  return `the first ${begin} of its ${all} records are the older one's`;
}

/** Where the log has signed what this ledger is not, that can be proven to everybody. */
async function orFork(
  verified: Promise<void>,
  source: ReplaySource,
  notes: readonly Uint8Array[],
  { keys }: Signers,
  { forkOut }: CheckpointFlags,
): Promise<void> {
  try {
    await verified;
  } catch (error) {
    if (!(error instanceof LeixError) || error.code !== "ledger/root-differs") throw error;
    const lines = await proveToEverybody(source, notes, async () => keys, forkOut);
    process.stdout.write(`${lines.join("\n")}\n`);
    throw error;
  }
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

function toQuorum(value: string): number {
  if (!/^[0-9]{1,3}$/.test(value)) throw new InvalidArgumentError("Not a count.");
  return Number(value);
}
