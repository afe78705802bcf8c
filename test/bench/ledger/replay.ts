import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Worker } from "node:worker_threads";
import { listStatementKeys, type ParsedJws, parseRecord, type RegisteredKey } from "@leix/protocol";
import { LedgerFileHeader, openLedgerFile, writeLedgerFile } from "@leix/runtime";
import { createHistory, type History } from "./replay-history.ts";
import type { ReplayRunFigures } from "./replay-run.ts";
import type { VerifyJob } from "./replay-verify-worker.ts";

export interface ReplayFigures extends ReplayRunFigures {
  /** Making the records, which is no part of a replay. */
  readonly generatedMs: number;
  /** A loop that only verifies the same signatures by the same primitive, on all cores: records a second. */
  readonly floorPerSecond: number;
  readonly ratio: number;
}

export interface ReplayOptions {
  readonly records?: number;
  readonly conversations?: number;
}

const RECORDS = 20_000;
/** Some 16,000 records a month: a million in five years. */
const CONVERSATIONS = 1_500;
const PROGRAM = new URL("./replay-verify-worker.ts", import.meta.url);
const COMMAND = new URL(import.meta.resolve("@leix/cli"));
const RUN = fileURLToPath(new URL("replay-run.ts", import.meta.url));
const run = promisify(execFile);

export async function measureReplay({
  records = RECORDS,
  conversations = CONVERSATIONS,
}: ReplayOptions = {}): Promise<ReplayFigures> {
  const folder = await mkdtemp(join(tmpdir(), "leix-bench-"));
  try {
    const file = join(folder, "ledger.ndjson");
    const history = await createHistory({ records, conversations });
    const beganMs = performance.now();
    await writeHistory(file, history, records);
    const generatedMs = Math.round(performance.now() - beganMs);
    const floorPerSecond = await measureFloor(file);
    const found = await measureRun(file, history);
    return { generatedMs, ...found, floorPerSecond, ratio: found.recordsPerSecond / floorPerSecond };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function writeHistory(file: string, { trust, records }: History, count: number): Promise<void> {
  const header = LedgerFileHeader.parse({ format: "leix-ledger", v: 1, ...trust, records: count });
  await writeLedgerFile(file, header, records());
}

/** In a process of its own, so that only its memory counts, and under the flags of the `leix` command. */
async function measureRun(file: string, { trust }: History): Promise<ReplayRunFigures> {
  const { aud, anchorKey, anchorAccount } = trust;
  const flags = await loadNodeFlags();
  const { stdout } = await run(process.execPath, [...flags, RUN, file, aud, anchorKey, anchorAccount]);
  return JSON.parse(stdout);
}

async function loadNodeFlags(): Promise<string[]> {
  const [first = ""] = (await readFile(COMMAND, "utf8")).split("\n", 1);
  return first.split(" ").filter((word) => word.startsWith("--"));
}

/** Records whose signatures are verified a second, everything else about them made ready beforehand. */
async function measureFloor(file: string): Promise<number> {
  const { tokens, keys, records } = await loadTokens(file);
  const threads = availableParallelism();
  const workers = Array.from({ length: threads }, () => new Worker(PROGRAM));
  const share = Math.ceil(tokens.length / threads);
  const jobs = workers.map((_, at) => ({ tokens: tokens.slice(at * share, (at + 1) * share), keys }));
  try {
    // Once to warm up: what is compared runs long enough not to notice.
    await Promise.all(workers.map((worker, at) => verifyAll(worker, jobs[at])));
    const times = await Promise.all(workers.map((worker, at) => verifyAll(worker, jobs[at])));
    return toRate(records, Math.max(...times));
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

const FLOOR_RECORDS = 10_000;

async function loadTokens(file: string) {
  await using ledger = await openLedgerFile(file);
  const tokens: ParsedJws[] = [];
  const keys: RegisteredKey[] = [];
  let records = 0;
  for await (const { bytes } of ledger.lines()) {
    const record = parseRecord(bytes);
    tokens.push(record.decision.jws, ...("input" in record ? [record.input] : []));
    if (record.kind === "statement") keys.push(...listStatementKeys(record.statement));
    records++;
    if (records === FLOOR_RECORDS) break;
  }
  return { tokens, keys, records };
}

/** From when the thread has its work to when it is done. */
function verifyAll(worker: Worker, job: VerifyJob | undefined): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  worker.once("message", (ms: number) => resolve(ms));
  worker.once("error", reject);
  worker.postMessage(job);
  return promise;
}

function toRate(count: number, ms: number): number {
  return Math.round((count * 1_000) / ms);
}
