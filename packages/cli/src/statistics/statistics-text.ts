import { limits, type PublishedCount, type RequestCounts } from "@leix/protocol";
import { alignRows, type Paper } from "../messages/paper.ts";
import type { StatisticsReport } from "./report.ts";

/** Figures for people. */
export function writeStatistics(
  paper: Paper,
  { period, statistics }: StatisticsReport,
  nowMs = Date.now(),
): void {
  const { records, pairs, rest } = statistics;
  paper.line(`Requests of ${period}, counted in ${records} records of the ledger.`);
  if (toEnd(period) > nowMs) paper.line("The period is not over: these figures will change.");
  paper.line(`A number below ${limits.STATISTICS_COUNT_MIN} is withheld (-), but zero is not.`);
  paper.line("So is what it would follow from by subtraction.");
  if (pairs.length === 0) return;
  const head = ["from", "to", "", "requests", "answered", "refused", "late"];
  const named = [...pairs, ...(rest ? [{ from: "others", to: "others", ...rest }] : [])];
  const rows = named.flatMap(({ from, to, urgent, other }) => [
    [from, to, "urgent", ...toCells(urgent)],
    [from, to, "other", ...toCells(other)],
  ]);
  paper.line();
  for (const line of alignRows([head, ...rows])) paper.line(line);
  paper.line();
  for (const { from, to, refusals, judicialDelays } of named) {
    const grounds = refusals.map(({ ground, count }) => `${ground} ${toCell(count)}`);
    if (grounds.length > 0) paper.line(`${to} refused ${from}: ${grounds.join(", ")}.`);
    if (judicialDelays !== 0) paper.line(`${to} waited for a judge, for ${from}: ${toCell(judicialDelays)}.`);
  }
}

/** `2027` or `2027-05`: the first moment after it. */
function toEnd(period: string): number {
  const [year = 0, month] = period.split("-").map(Number);
  return Date.UTC(month === undefined ? year + 1 : year, month ?? 0, 1);
}

function toCells({ requests, answered, refused, late }: RequestCounts): string[] {
  return [requests, answered, refused, late].map(toCell);
}

function toCell(count: PublishedCount): string {
  return count === null ? "-" : String(count);
}
