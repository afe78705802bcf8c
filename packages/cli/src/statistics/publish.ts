import { readFile } from "node:fs/promises";
import { ExchangeStatistics, LeixError, parseSchema, StatisticsPeriod } from "@leix/protocol";
import type { Command } from "commander";
import { z } from "zod";
import { type DeskFlags, withDesk, withSigningOptions } from "../desk/desk-access.ts";
import { speak } from "../desk/speak.ts";
import type { StatisticsReport } from "./report.ts";

const Report = z.strictObject({ period: StatisticsPeriod, statistics: ExchangeStatistics });

/** `leix statistics publish`: by the anchor, as the next version of that period. */
export function addPublishCommand(statistics: Command): void {
  withSigningOptions(statistics.command("publish"))
    .description("publish the figures of a year or a month, for every member and observer")
    .argument("<file>", "what `leix audit statistics --out` wrote")
    .action((file: string, flags: DeskFlags, self: Command) => {
      return withDesk(self, "anchor", flags, async (desk) => {
        const { period, statistics: figures } = await loadReport(file);
        await speak(desk, [{ kind: "statistics", subject: period, statistics: figures }], flags);
      });
    });
}

async function loadReport(file: string): Promise<StatisticsReport> {
  let content: unknown;
  try {
    content = JSON.parse(await readFile(file, "utf8"));
  } catch (cause) {
    throw new LeixError("config/invalid", `${file} cannot be read as JSON`, { cause });
  }
  return parseSchema(Report, content, "config/invalid");
}
