import { z } from "zod";
import { CountryCode, LedgerIndex } from "./ids.ts";
import { STATISTICS_COUNT_MIN } from "./limits.ts";
import { Token } from "./vocabulary.ts";

/** A calendar year or month in UTC: `2026`, `2026-11`. */
export const StatisticsPeriod = z.string().regex(/^[0-9]{4}(?:-(?:0[1-9]|1[0-2]))?$/);

/**
 * None, a number that is large enough to tell of no single case, or null for one that is withheld: it is not,
 * or another would follow from it.
 */
const Count = z.union([z.literal(0), z.int().min(STATISTICS_COUNT_MIN), z.null()]);
export type PublishedCount = z.infer<typeof Count>;

/** What became of requests. `late`: their time ran out before they were answered, or had to be. */
const RequestCounts = z.strictObject({ requests: Count, answered: Count, refused: Count, late: Count });
export type RequestCounts = z.infer<typeof RequestCounts>;

const COUNTED = {
  urgent: RequestCounts,
  other: RequestCounts,
  refusals: z.array(z.strictObject({ ground: Token, count: Count })),
  judicialDelays: Count,
} as const;

/**
 * What is published of an exchange's traffic, and shown to observers: figures, no ids. Modelled on Dir 18(2):
 * requests by requesting and requested country, urgent ones apart, refusals by ground, delays for a judge's
 * leave. `records`: it was counted in so many records of the ledger, and whoever has them can count again.
 * `rest`: all pairs together that have fewer requests than those that there was room for.
 */
export const ExchangeStatistics = z.strictObject({
  records: LedgerIndex,
  pairs: z.array(z.strictObject({ from: CountryCode, to: CountryCode, ...COUNTED })),
  rest: z.strictObject(COUNTED).optional(),
});
export type ExchangeStatistics = z.infer<typeof ExchangeStatistics>;
