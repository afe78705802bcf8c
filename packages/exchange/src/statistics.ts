import {
  type AgencyId,
  type CountryCode,
  countryOf,
  type ExchangeStatistics,
  encodeCanonicalBytes,
  LedgerIndex,
  limits,
  type MessageRef,
} from "@leix/protocol";
import type { Entry } from "./entry.ts";
import { toMessageKey } from "./state.ts";
import { type PairCounts, withholdSmall } from "./withholding.ts";

/** NumericDates: the first second of a period, and the first after it. */
export interface Period {
  readonly from: number;
  readonly to: number;
}

/** Counts as entries come, in the order of the ledger. */
export interface StatisticsTally {
  add(entry: Entry): void;
  /** `records`: of the ledger that was read. */
  result(records: number): ExchangeStatistics;
}

/** One request at one of those it was addressed to across a border, and let through to. */
interface Asked {
  readonly pair: PairTally;
  readonly counts: RequestTally;
  isAnswered: boolean;
  isRefused: boolean;
  isLate: boolean;
}

interface RequestTally {
  requests: number;
  answered: number;
  refused: number;
  late: number;
}

interface PairTally {
  readonly from: CountryCode;
  readonly to: CountryCode;
  readonly urgent: RequestTally;
  readonly other: RequestTally;
  readonly refusals: Map<string, number>;
  judicialDelays: number;
}

type MessageEntry = Extract<Entry, { kind: "message" }>;

const ANSWER = "answer";
const JUDICIAL = "judicial-authorisation";

/** Of the requests that were received in a period, and whatever became of them, also after it. */
export function createStatistics(period: Period): StatisticsTally {
  const pairs = new Map<string, PairTally>();
  const asked = new Map<string, Asked>();
  const find = (request: MessageRef, party: AgencyId) => asked.get(toAskedKey(request, party));
  return {
    add(entry) {
      if (entry.kind === "event") {
        for (const { duty, party, about } of entry.lapse.overdue) {
          if (duty === ANSWER) countLate(find(about, party));
        }
      } else if (entry.kind === "message") {
        if (isWithin(period, entry)) noteRequest(entry, pairs, asked);
        noteReply(entry, find);
      }
    },
    result: (records) => toPublished(pairs, records),
  };
}

function isWithin({ from, to }: Period, { received }: MessageEntry): boolean {
  return received >= from && received < to;
}

function noteRequest(entry: MessageEntry, pairs: Map<string, PairTally>, asked: Map<string, Asked>): void {
  const { claims, ref, verdict } = entry;
  if (claims.kind !== "request") return;
  for (const { agency, as, effect, obligations } of verdict.recipients) {
    const [from, to] = [countryOf(claims.iss), countryOf(agency)];
    if (as !== "to" || effect !== "permit" || from === to) continue;
    const pair = pairs.get(`${from}>${to}`) ?? createPair(from, to);
    pairs.set(`${from}>${to}`, pair);
    const isUrgent =
      claims.urgency?.ground !== undefined && !obligations.some(({ duty }) => duty === "urgency-downgraded");
    const counts = isUrgent ? pair.urgent : pair.other;
    counts.requests++;
    asked.set(toAskedKey(ref, agency), {
      ...{ pair, counts, isAnswered: false, isRefused: false, isLate: false },
    });
  }
}

/** What is denied to the asker never counts as an answer. */
function noteReply(
  { claims, verdict }: MessageEntry,
  find: (request: MessageRef, party: AgencyId) => Asked | undefined,
): void {
  if (claims.kind !== "answer" && claims.kind !== "refusal" && claims.kind !== "delay") return;
  const one = find(claims.re, claims.iss);
  const isTold = verdict.recipients.some(({ agency, effect }) => {
    return effect === "permit" && agency === claims.re.iss;
  });
  if (!one || !isTold) return;
  if (claims.kind === "answer") countAnswer(one);
  else if (claims.kind === "refusal") countRefusal(one, claims.ground, claims.partial === true);
  else if (claims.reason === JUDICIAL) one.pair.judicialDelays++;
}

function countAnswer(one: Asked): void {
  if (!one.isAnswered) one.counts.answered++;
  one.isAnswered = true;
}

/** A partial refusal has a ground, and leaves the rest to be answered. */
function countRefusal(one: Asked, ground: string, isPartial: boolean): void {
  const { refusals } = one.pair;
  refusals.set(ground, (refusals.get(ground) ?? 0) + 1);
  if (isPartial || one.isRefused) return;
  one.counts.refused++;
  one.isRefused = true;
}

function countLate(one: Asked | undefined): void {
  if (!one || one.isLate) return;
  one.counts.late++;
  one.isLate = true;
}

function createPair(from: CountryCode, to: CountryCode): PairTally {
  return { from, to, urgent: addUp([]), other: addUp([]), refusals: new Map(), judicialDelays: 0 };
}

/** The pairs with the most requests, as many as fit; all others as one. */
function toPublished(pairs: ReadonlyMap<string, PairTally>, records: number): ExchangeStatistics {
  const all = [...pairs].toSorted(byKey).map(([, pair]) => pair);
  const largestFirst = all.toSorted((one, two) => countRequests(two) - countRequests(one));
  const listed = new Map<PairTally, ExchangeStatistics["pairs"][number]>();
  let bytes = 0;
  for (const pair of largestFirst) {
    const row = { from: pair.from, to: pair.to, ...withholdSmall(toPairCounts([pair])) };
    bytes += encodeCanonicalBytes(row).byteLength + 1;
    if (bytes > limits.STATISTICS_BYTES_MAX) break;
    listed.set(pair, row);
  }
  const others = all.filter((pair) => !listed.has(pair));
  return {
    records: LedgerIndex.parse(records),
    pairs: all.flatMap((pair) => listed.get(pair) ?? []),
    ...(others.length > 0 ? { rest: withholdSmall(toPairCounts(others)) } : {}),
  };
}

function countRequests({ urgent, other }: PairTally): number {
  return urgent.requests + other.requests;
}

function toPairCounts(pairs: readonly PairTally[]): PairCounts {
  const refusals = new Map<string, number>();
  for (const [ground, count] of pairs.flatMap((pair) => [...pair.refusals]))
    refusals.set(ground, (refusals.get(ground) ?? 0) + count);
  return {
    urgent: addUp(pairs.map(({ urgent }) => urgent)),
    other: addUp(pairs.map(({ other }) => other)),
    refusals: [...refusals].toSorted(byKey).map(([ground, count]) => ({ ground, count })),
    judicialDelays: pairs.reduce((total, pair) => total + pair.judicialDelays, 0),
  };
}

function addUp(tallies: readonly RequestTally[]): RequestTally {
  const total = { requests: 0, answered: 0, refused: 0, late: 0 };
  for (const { requests, answered, refused, late } of tallies) {
    total.requests += requests;
    total.answered += answered;
    total.refused += refused;
    total.late += late;
  }
  return total;
}

function byKey([one]: readonly [string, unknown], [two]: readonly [string, unknown]): number {
  return one < two ? -1 : 1;
}

function toAskedKey(request: MessageRef, party: AgencyId): string {
  return `${toMessageKey(request)}/${request.digest}/${party}`;
}
