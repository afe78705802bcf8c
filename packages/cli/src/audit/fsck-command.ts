import type { Trust } from "@leix/exchange";
import {
  checkStore,
  type Finding,
  listSealedStates,
  type NoteKeys,
  type RepairAction,
  type RepairSource,
  readErasure,
  refuseNoStoreIn,
  repairStore,
  type StoreReport,
} from "@leix/ledger-store";
import { LeixError } from "@leix/protocol";
import { type Command, Option } from "commander";
import { checkCosigned, removeCosigned } from "./fsck-cosigned.ts";
import { createProgress, toCount } from "./progress.ts";
import { createRepairSource, loadErasureOf } from "./repair-source.ts";
import { type LedgerFlags, toLedgerFlags, withLedger } from "./source-choice.ts";
import { findCopyLog, findStoreLog } from "./store-log.ts";
import { listStoreWitnesses } from "./store-witnesses.ts";
import {
  type BrokerReport,
  checkBroker,
  isSound,
  toBrokerLines,
  withStreamSource,
} from "./stream/fsck-stream.ts";
import { loadTrust } from "./trust.ts";

interface FsckFlags {
  readonly trust?: string;
  readonly log?: string;
  readonly repair?: true;
  readonly from: string;
  readonly published?: true;
  readonly stream?: true;
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
    .option("--stream", "also all that the broker serves: LEDGER, SEALED and CHECKPOINT beside the store")
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
      await refuseNoStoreIn(folder);
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
  const keys = { log, witnesses: await listStoreWitnesses(folder, trust) };
  const checked = await checkStore(folder, { ...keys, extent, onProgress }).finally(progress.clear);
  const others = [...(await findMissingState(folder)), ...(await findKept(folder, trust, keys, checked))];
  const report = { ...checked, findings: [...checked.findings, ...others] };
  const broker = flags.stream ? await checkStream(dir, folder, log) : undefined;
  say(flags, { ...report, ...broker }, [...toReportLines(report), ...toStreamLines(broker)]);
  if (report.findings.length > 0 || isDamaged(broker)) process.exitCode = 1;
}

/** Of the note beside the store: that is compared with a store which is sound. */
async function findKept(
  folder: string,
  trust: Trust,
  keys: NoteKeys,
  { findings }: StoreReport,
): Promise<readonly Finding[]> {
  return findings.length === 0 ? checkCosigned(folder, trust, keys) : [];
}

/** What was erased can be audited only with the state that was put away with the seal after it. */
async function findMissingState(folder: string): Promise<readonly Finding[]> {
  const erasure = await readErasure(folder).catch(ignoreDamaged);
  const seals = await listSealedStates(folder);
  if (!erasure || seals.includes(erasure.seal.index)) return [];
  const file = `sealed/${erasure.seal.index}`;
  return [{ code: "ledger/file-missing", file, detail: "the state before the seal: all of it" }];
}

/** That is a finding by itself. */
function ignoreDamaged(error: unknown): null {
  if (error instanceof LeixError && error.code === "ledger/store-damaged") return null;
  throw error;
}

async function repair(dir: string, folder: string, trust: Trust, flags: FsckFlags): Promise<void> {
  const from: LedgerFlags = {
    ...(await toLedgerFlags(flags.from)),
    ...(flags.trust === undefined ? {} : { trust: flags.trust }),
    ...(flags.log === undefined ? {} : { log: flags.log }),
  };
  let keys: NoteKeys = { log: "" };
  const mend = async (source: RepairSource) => {
    const log = await findStoreLog(dir, folder, trust, flags.log, () => findCopyLog(source, trust));
    keys = { log, witnesses: await listStoreWitnesses(folder, trust) };
    return repairStore(folder, source, keys);
  };
  const isBroker = flags.from === "broker";
  const report = isBroker
    ? await withStreamSource(dir, mend)
    : await withLedger(dir, from, async ({ source }) => {
        await using other = createRepairSource(source);
        const { store } = from;
        return await mend(store === undefined ? other : { ...other, erasure: () => loadErasureOf(store) });
      });
  const broker = flags.stream ? await checkStream(dir, folder, keys.log) : undefined;
  const { more } = report;
  const kept = await findKept(folder, trust, keys, report.left);
  // What signs more than the store's checkpoint shows that there is a newer one than the copy gave.
  const isNewer = kept.some(({ code }) => code === "audit/records-missing");
  const left = isNewer ? { ...report.left, findings: kept } : report.left;
  const isKeptBroken = kept.length > 0 && !isNewer;
  const actions = [...report.actions, ...(isKeptBroken ? [await removeCosigned(folder)] : [])];
  const done = actions.length === 0 ? ["nothing to repair"] : actions.map(toActionLine);
  say(flags, { ...report, actions, left, ...broker }, [
    ...done,
    ...toMore(more),
    ...toReportLines(left),
    ...toStreamLines(broker),
  ]);
  if (left.findings.length > 0 || isDamaged(broker)) process.exitCode = 1;
}

/** The broker's part of a report; `unread`: the store is too damaged to say what LEDGER has to be. */
type StreamPart = { readonly stream: BrokerReport } | { readonly unread: string };

async function checkStream(dir: string, folder: string, log: string): Promise<StreamPart> {
  const progress = createProgress(process.stderr);
  const startedAt = performance.now();
  const onProgress = (checked: number, total: number): void => {
    progress.draw({ checked, total, elapsedMs: performance.now() - startedAt });
  };
  try {
    return { stream: await checkBroker(dir, folder, log, onProgress) };
  } catch (error) {
    if (!(error instanceof LeixError) || !UNREAD_AREAS.includes(error.code.split("/")[0] ?? "")) throw error;
    return { unread: error.message };
  } finally {
    progress.clear();
  }
}

const UNREAD_AREAS = ["ledger", "tlog"];

function isDamaged(part: StreamPart | undefined): boolean {
  return part !== undefined && ("unread" in part || !isSound(part.stream));
}

function toStreamLines(part: StreamPart | undefined): string[] {
  if (!part) return [];
  if ("stream" in part) return toBrokerLines(part.stream);
  return [`LEDGER       not compared: repair the store first (${part.unread})`];
}

function say({ json }: FsckFlags, result: object, lines: readonly string[]): void {
  process.stdout.write(json ? `${JSON.stringify(result)}\n` : lines.map((line) => `${line}\n`).join(""));
}

function toReportLines({ size, published, erased, findings, more }: StoreReport): string[] {
  const covered = published === null ? "no checkpoint" : `${toCount(published)} under its checkpoint`;
  const count = findings.length + more;
  return [
    ...findings.map(toFindingLine),
    ...toMore(more),
    `records      ${toCount(size)}, ${covered}`,
    ...(erased > 0 ? [`erased       ${toCount(erased)}, below a seal: valid, record erased`] : []),
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
