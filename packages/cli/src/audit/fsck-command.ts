import type { Trust } from "@leix/exchange";
import {
  checkStore,
  type Finding,
  type RepairAction,
  repairStore,
  type StoreReport,
} from "@leix/ledger-store";
import { type Command, InvalidArgumentError, Option } from "commander";
import { createProgress, toCount } from "./progress.ts";
import { createRepairSource } from "./repair-source.ts";
import { type LedgerFlags, toLedgerFlags, withLedger } from "./source-choice.ts";
import { findStoreLog } from "./store-log.ts";
import { loadTrust } from "./trust.ts";

interface FsckFlags {
  readonly trust?: string;
  readonly log?: string;
  readonly repair?: true;
  readonly from: string;
  readonly erasedBefore?: number;
  readonly published?: true;
  readonly json?: true;
}

const EXIT_CODES = `
Exit codes:
  0  every byte is what it has to be; with --repair: it is now
  1  it is not, or it could not be looked at`;

/** `leix audit fsck`: every byte of a ledger store. */
export function addFsckCommand(audit: Command): void {
  audit
    .command("fsck")
    .description("check every byte of a ledger store, and restore what is damaged")
    .argument("<folder>", "the store; no ledger service may have it open")
    .option("--published", "only what the checkpoint covers, also while a ledger service goes on")
    .option("--erased-before <index>", "records before it may be erased: those of sealed years", toIndex)
    .option("--repair", "restore what is damaged, from the rest and from another copy")
    .addOption(
      new Option(
        "--from <place>",
        "the other copy: an exported ledger, a store, https://host:port, or broker",
      ).default("broker"),
    )
    .option("--trust <file>", "whom to trust: a network.json or party.json, instead of the network folder's")
    .option("--log <vkey>", "who signs the checkpoints, instead of whom the ledger itself names")
    .option("--json", "the result as one line of JSON")
    .addHelpText("after", EXIT_CODES)
    .action(async (folder: string, flags: FsckFlags, command: Command) => {
      const { dir } = command.optsWithGlobals<{ dir: string }>();
      const trust = await loadTrust(dir, flags.trust);
      if (flags.repair) await repair(dir, folder, trust, flags);
      else await check(dir, folder, trust, flags);
    });
}

async function check(dir: string, folder: string, trust: Trust, flags: FsckFlags): Promise<void> {
  const log = await findStoreLog(dir, folder, trust, flags.log);
  const progress = createProgress(process.stderr);
  const startedAt = performance.now();
  const onProgress = (checked: number, total: number): void => {
    progress.draw({ checked, total, elapsedMs: performance.now() - startedAt });
  };
  const extent = flags.published ? "published" : "whole";
  const options = { log, extent, onProgress, ...toErased(flags) } as const;
  const report = await checkStore(folder, options).finally(progress.clear);
  say(flags, report, toReportLines(report));
  if (report.findings.length > 0) process.exitCode = 1;
}

async function repair(dir: string, folder: string, trust: Trust, flags: FsckFlags): Promise<void> {
  const log = await findStoreLog(dir, folder, trust, flags.log);
  const from: LedgerFlags = {
    ...(await toLedgerFlags(flags.from)),
    ...(flags.trust === undefined ? {} : { trust: flags.trust }),
    ...(flags.log === undefined ? {} : { log: flags.log }),
  };
  await withLedger(dir, from, async ({ source }) => {
    await using other = createRepairSource(source);
    const report = await repairStore(folder, other, { log, ...toErased(flags) });
    const { actions, more, left } = report;
    const done = actions.length === 0 ? ["nothing to repair"] : actions.map(toActionLine);
    say(flags, report, [...done, ...toMore(more), ...toReportLines(left)]);
    if (left.findings.length > 0) process.exitCode = 1;
  });
}

function toErased({ erasedBefore }: FsckFlags): { readonly erasedBefore?: number } {
  return erasedBefore === undefined ? {} : { erasedBefore };
}

function say({ json }: FsckFlags, result: object, lines: readonly string[]): void {
  process.stdout.write(json ? `${JSON.stringify(result)}\n` : lines.map((line) => `${line}\n`).join(""));
}

function toReportLines({ size, published, findings, more }: StoreReport): string[] {
  const covered = published === null ? "no checkpoint" : `${toCount(published)} under its checkpoint`;
  const count = findings.length + more;
  return [
    ...findings.map(toFindingLine),
    ...toMore(more),
    `records      ${toCount(size)}, ${covered}`,
    `findings     ${count === 0 ? "none: every byte is what it has to be" : toCount(count)}`,
  ];
}

function toFindingLine({ code, file, at, end, detail }: Finding): string {
  const place =
    at === undefined ? "" : `, byte ${toCount(at)}${end === undefined ? "" : ` to ${toCount(end)}`}`;
  return `${file}${place}: ${detail} [${code}]`;
}

function toActionLine({ file, did, detail }: RepairAction): string {
  return `${file}: ${did.replaceAll("-", " ")}${detail === "" ? "" : ` (${detail})`}`;
}

function toMore(more: number): string[] {
  return more > 0 ? [`and ${toCount(more)} more`] : [];
}

function toIndex(value: string): number {
  if (!/^[0-9]{1,15}$/.test(value)) throw new InvalidArgumentError("Not a record's index.");
  return Number(value);
}
