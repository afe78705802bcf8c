import { writeFile } from "node:fs/promises";
import { createStatistics, type Period, type Trust, toEntry } from "@leix/exchange";
import { type ExchangeStatistics, LeixError, parseSchema, StatisticsPeriod } from "@leix/protocol";
import type { Command } from "commander";
import { createPaper } from "../messages/paper.ts";
import type { StatisticsReport } from "../statistics/report.ts";
import { writeStatistics } from "../statistics/statistics-text.ts";
import { createProgress } from "./progress.ts";
import type { ReplayProgress } from "./replay-result.ts";
import type { ReplaySource } from "./replay-source.ts";
import { type Beginning, withBeginning } from "./sealed-beginning.ts";
import { followChunks, readFrom } from "./search/ledger-reading.ts";
import { type LedgerFlags, withLedger, withLedgerOptions } from "./source-choice.ts";

interface StatisticsFlags extends LedgerFlags {
  readonly out?: string;
  readonly json?: true;
}

/** `leix audit statistics`: the figures of a year or a month, as they may be published. */
export function addStatisticsCommand(audit: Command): void {
  withLedgerOptions(audit.command("statistics"))
    .description("count the requests of a year or a month, their answers, refusals and delays, by country")
    .argument("<period>", "2026, or 2026-11, in UTC")
    .option("--out <file>", "write them into a file, for `leix statistics publish`")
    .option("--json", "the result as one line of JSON")
    .action(async (period: string, flags: StatisticsFlags, command: Command) => {
      const { dir } = command.optsWithGlobals<{ dir: string }>();
      const report = await count(dir, parseSchema(StatisticsPeriod, period), flags);
      const text = `${JSON.stringify(report)}\n`;
      if (flags.out !== undefined) await write(flags.out, text);
      if (flags.json) process.stdout.write(text);
      else writeStatistics(createPaper(process.stdout), report);
    });
}

async function count(dir: string, period: string, flags: StatisticsFlags): Promise<StatisticsReport> {
  const progress = createProgress(process.stderr);
  return withLedger(dir, flags, async ({ source, trust }) => {
    try {
      return { period, statistics: await countRequests(trust, source, toPeriod(period), progress.draw) };
    } finally {
      progress.clear();
    }
  });
}

/** Follows the ledger: place, chain and signature of each record. Throws where one that it needs is gone. */
export function countRequests(
  trust: Trust,
  source: ReplaySource,
  period: Period,
  onProgress: (progress: ReplayProgress) => void = () => undefined,
): Promise<ExchangeStatistics> {
  return withBeginning(trust, source, (beginning) => countFrom(beginning, source, period, onProgress));
}

async function countFrom(
  { index: begin, state }: Beginning,
  source: ReplaySource,
  period: Period,
  onProgress: (progress: ReplayProgress) => void,
): Promise<ExchangeStatistics> {
  if (state.head.at > period.from) {
    throw new LeixError("ledger/record-erased", `the period begins before the seal at ${begin}`);
  }
  const tally = createStatistics(period);
  const startedAt = performance.now();
  for await (const chunk of followChunks(state, readFrom(source, begin))) {
    for (const { record } of chunk) tally.add(toEntry(record));
    const elapsedMs = performance.now() - startedAt;
    onProgress({ checked: state.head.index, total: source.total, elapsedMs, begin });
  }
  return tally.result(state.head.index);
}

/** In Unix seconds: the first of the period, and the first after it. */
export function toPeriod(period: string): Period {
  const [year = 0, month] = period.split("-").map(Number);
  const at = (y: number, m: number) => Date.UTC(y, m - 1, 1) / 1_000;
  return month === undefined
    ? { from: at(year, 1), to: at(year + 1, 1) }
    : { from: at(year, month), to: at(year, month + 1) };
}

async function write(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text);
  } catch (cause) {
    throw new LeixError("config/invalid", `${file} cannot be written`, { cause });
  }
}
