import type { Trust } from "@leix/exchange";
import {
  acceptCheckpoint,
  type Checkpoint,
  type Cosignature,
  createAcceptancePolicy,
  isSameHash,
} from "@leix/tlog";
import { type Command, InvalidArgumentError } from "commander";
import { toCount } from "./progress.ts";
import { findLogKeys, type LogKeys, toVkey, verifyCheckpoint } from "./replay/log-keys.ts";
import { loadNote } from "./replay-command.ts";
import type { ReplaySource } from "./replay-source.ts";
import { type LedgerFlags, withLedger, withLedgerOptions } from "./source-choice.ts";
import { verifyHeads } from "./tree-of-source.ts";

interface VerifyFlags extends LedgerFlags {
  readonly witness: readonly string[];
  readonly quorum: number;
}

/** `leix audit verify` and `consistency`: what signed checkpoints say of a ledger, and of each other. */
export function addCheckpointCommands(audit: Command): void {
  withLedgerOptions(audit.command("verify"))
    .description("check that a checkpoint is signed, and that the ledger has the tree it signs")
    .argument("<checkpoint>", "a file with a signed checkpoint")
    .option("--witness <vkey>", "a witness whose cosignature counts; may be given again", collect, [])
    .option("--quorum <count>", "so many of these witnesses must have cosigned it", toQuorum, 0)
    .action(async (file: string, flags: VerifyFlags, command: Command) => {
      const { dir } = command.optsWithGlobals<{ dir: string }>();
      await verify(dir, file, flags);
    });
  withLedgerOptions(audit.command("consistency"))
    .description("check that the ledger of a newer checkpoint begins with that of an older one")
    .argument("<older>", "a file with a signed checkpoint")
    .argument("<newer>", "a file with a signed checkpoint")
    .action(async (older: string, newer: string, flags: LedgerFlags, command: Command) => {
      const { dir } = command.optsWithGlobals<{ dir: string }>();
      await compare(dir, [older, newer], flags);
    });
}

async function verify(dir: string, file: string, flags: VerifyFlags): Promise<void> {
  const note = await loadNote(file);
  await withLedger(dir, flags, async ({ source, trust, keys }) => {
    const { vkey, checkpoint, cosignatures } = await accept(note, source, trust, keys, flags);
    const isAll = source.total === checkpoint.size;
    const later = ` at this size, and ${toCount(source.total)} records by now`;
    await verifyHeads(source, checkpoint, checkpoint);
    const lines = [
      `origin       ${checkpoint.origin}`,
      `size         ${toCount(checkpoint.size)}`,
      `root         ${Buffer.from(checkpoint.root).toString("base64")}`,
      `signed by    ${vkey}`,
      ...cosignatures.map(({ witness, timestamp }) => `cosigned by  ${witness} ${toTime(timestamp)}`),
      `ledger       has this root${isAll ? "" : later}`,
    ];
    process.stdout.write(`${lines.join("\n")}\n`);
  });
}

interface Accepted {
  readonly vkey: string;
  readonly checkpoint: Checkpoint;
  readonly cosignatures: readonly Cosignature[];
}

async function accept(
  note: Uint8Array,
  source: ReplaySource,
  trust: Trust,
  given: LogKeys | undefined,
  { witness, quorum }: VerifyFlags,
): Promise<Accepted> {
  const keys = given ?? (await findLogKeys(trust, toBytes(source), note));
  await verifyCheckpoint(note, keys);
  const vkey = await toVkey(note, keys);
  const policy = await createAcceptancePolicy({ log: vkey, witnesses: witness, quorum });
  return { vkey, ...(await acceptCheckpoint(note, policy, Math.floor(Date.now() / 1_000))) };
}

async function compare(dir: string, files: readonly [string, string], flags: LedgerFlags): Promise<void> {
  const [olderNote, newerNote] = [await loadNote(files[0]), await loadNote(files[1])];
  await withLedger(dir, flags, async ({ source, trust, keys }) => {
    const find = (note: Uint8Array) => keys ?? findLogKeys(trust, toBytes(source), note);
    const older = await verifyCheckpoint(olderNote, await find(olderNote));
    const newer = await verifyCheckpoint(newerNote, await find(newerNote));
    await verifyHeads(source, older, newer);
    const isSame = older.size === newer.size && isSameHash(older.root, newer.root);
    const [begin, all] = [toCount(older.size), toCount(newer.size)];
    const extension = `the first ${begin} of its ${all} records are the older one's`;
    process.stdout.write(`consistent   ${isSame ? "both are of the same tree" : extension}\n`);
  });
}

async function* toBytes(source: ReplaySource): AsyncGenerator<Uint8Array, void> {
  for await (const { bytes } of source.records()) yield bytes;
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

function toQuorum(value: string): number {
  if (!/^[0-9]{1,3}$/.test(value)) throw new InvalidArgumentError("Not a count.");
  return Number(value);
}

function toTime(seconds: number): string {
  return new Date(seconds * 1_000).toISOString();
}
