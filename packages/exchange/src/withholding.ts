import { type ExchangeStatistics, limits, type PublishedCount, type RequestCounts } from "@leix/protocol";

type PublishedPair = Omit<ExchangeStatistics["pairs"][number], "from" | "to">;

/** Every count as it is. */
export interface PairCounts {
  readonly urgent: Readonly<Record<keyof RequestCounts, number>>;
  readonly other: Readonly<Record<keyof RequestCounts, number>>;
  readonly refusals: readonly { readonly ground: string; readonly count: number }[];
  readonly judicialDelays: number;
}

/** What is subtracted from the requests: the rest was not answered, not refused, neither, or not late. */
const SUBTRACTED = [["answered"], ["refused"], ["answered", "refused"], ["late"]] as const;

/**
 * What may be told of one pair of countries: cell suppression, as statistical offices do it (Handbook on
 * Statistical Disclosure Control, ESSnet SDC, chapters 4 and 5). A small number could tell of a case.
 *
 * 1. A count from 1 to STATISTICS_COUNT_MIN - 1 is withheld (primary suppression).
 * 2. No such number may follow by subtraction from the requests. Where one would, the smaller of the counts
 *    that are subtracted is withheld beside it (secondary suppression): what is unknown of a sum is then
 *    never small.
 * 3. The counts by ground are told together or not at all. Refusals of both urgencies, and refusals in part
 *    or repeated, add up to them: they are told where none of these is withheld, and none is small.
 *
 * A count that is withheld looks the same whatever the reason: it is small, or another would follow from it.
 * Nothing else of one publication adds up: there are no totals, and delays are a part of nothing.
 */
export function withholdSmall({ urgent, other, refusals, judicialDelays }: PairCounts): PublishedPair {
  const told = { urgent: withholdOfRequests(urgent), other: withholdOfRequests(other) };
  const inPart = sum(refusals.map(({ count }) => count)) - urgent.refused - other.refused;
  const isTold = [
    ...[told.urgent.refused, told.other.refused, toCount(inPart)],
    ...refusals.map(({ count }) => toCount(count)),
  ].every((count) => count !== null);
  return {
    ...told,
    refusals: refusals.map(({ ground, count }) => ({ ground, count: isTold ? count : null })),
    judicialDelays: toCount(judicialDelays),
  };
}

function withholdOfRequests(counts: PairCounts["urgent"]): RequestCounts {
  const told = {
    requests: toCount(counts.requests),
    answered: toCount(counts.answered),
    refused: toCount(counts.refused),
    late: toCount(counts.late),
  };
  for (const subtracted of SUBTRACTED) {
    const known = subtracted.filter((name) => (told[name] ?? 0) > 0);
    const rest = counts.requests - sum(known.map((name) => counts[name]));
    const [smallest] = known.toSorted((one, two) => counts[one] - counts[two]);
    if (toCount(rest) === null && smallest !== undefined) told[smallest] = null;
  }
  return told;
}

/** Below 0 only where a request was refused first and answered then. */
function toCount(count: number): PublishedCount {
  return count > 0 && count < limits.STATISTICS_COUNT_MIN ? null : count;
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
