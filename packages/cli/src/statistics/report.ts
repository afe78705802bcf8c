import type { ExchangeStatistics } from "@leix/protocol";

/** The figures of a period, as a file of `leix audit statistics` has them and `publish` takes them. */
export interface StatisticsReport {
  readonly period: string;
  readonly statistics: ExchangeStatistics;
}
