import type { AgencyId, Digest } from "@leix/protocol";

/** A message in its sender's chain: its number there, and the index of its record in the ledger. */
export interface ChainedMessage {
  readonly iss: AgencyId;
  readonly seq: number;
  /** Digest of the message that the sender numbered `seq - 1`. */
  readonly prev: Digest | null;
  readonly digest: Digest;
  readonly index: number;
}

/** What does not fit in one sender's numbering. `index` and `indexes` are records of the ledger. */
export type SenderFinding =
  /** Numbers that no record has, between those of the two records named. */
  | {
      readonly kind: "gap";
      readonly from: number;
      readonly to: number;
      readonly after: number | null;
      readonly before: number;
      /** Inputs rejected from the sender's account between the two records. */
      readonly rejections: number;
    }
  /** Recorded after a message with a higher number, whose record is `after`. */
  | { readonly kind: "reorder"; readonly seq: number; readonly index: number; readonly after: number }
  /**
   * Two histories of one sender: two messages with the same number; two that go on from the same message; or
   * one that goes on from another message than the one on record with the number before.
   */
  | {
      readonly kind: "fork";
      readonly reason: "same-seq" | "same-prev" | "other-prev";
      readonly seq: number;
      /** The other record first; of one that should be the first, or names none before it, only its own. */
      readonly indexes: readonly number[];
    };

/** Messages with consecutive numbers, from `first` on. */
interface Run {
  readonly first: number;
  /** What the first says of the one before it. */
  readonly prev: Digest | null;
  /** Of the last: what the next should say. */
  digest: Digest;
  /** The record of each, and a mark of its digest. */
  indexes: number[];
  marks: number[];
}

export interface SenderChain {
  add(message: ChainedMessage): void;
  /** `rejections`: records that reject an input from the sender's accounts, in the order of the ledger. */
  result(rejections: readonly number[]): {
    readonly messages: number;
    readonly last: number;
    readonly missing: number;
    readonly findings: SenderFinding[];
  };
}

/** One sender's messages: 16 bytes each, and a little more for every gap. */
export function createSenderChain(): SenderChain {
  const runs: Run[] = [];
  const reorders: SenderFinding[] = [];
  const forks: SenderFinding[] = [];
  let messages = 0;

  function link(earlier: Run | undefined, later: Run | undefined): void {
    if (!earlier || !later || endOf(earlier) !== later.first) return;
    if (later.prev !== earlier.digest) {
      const named = forks.length < MARKS_SOUGHT_MAX ? findMark(runs, later.prev) : undefined;
      forks.push(toOtherPrev(earlier, later, named));
    }
    const at = findRun(runs, later.first);
    join(earlier, later);
    runs.splice(at, 1);
  }

  return {
    add({ seq, prev, digest, index }) {
      messages++;
      const highest = runs.at(-1);
      if (highest && seq === endOf(highest) && prev === highest.digest) {
        highest.digest = digest;
        highest.indexes.push(index);
        highest.marks.push(toMark(digest));
        return;
      }
      const at = findRun(runs, seq);
      const run = runs[at];
      if (run && seq < endOf(run)) {
        const first = run.indexes[seq - run.first] ?? index;
        forks.push({ kind: "fork", reason: "same-seq", seq, indexes: [first, index] });
        return;
      }
      if (highest && seq < endOf(highest)) {
        reorders.push({ kind: "reorder", seq, index, after: highest.indexes.at(-1) ?? index });
      }
      const own: Run = { first: seq, prev, digest, indexes: [index], marks: [toMark(digest)] };
      runs.splice(at + 1, 0, own);
      if (seq === 1 && prev !== null) forks.push(toFork("other-prev", 1, [index]));
      link(own, runs[at + 2]);
      link(run, own);
    },
    result(rejections) {
      const gaps = runs.flatMap((run, i) => toGap(runs[i - 1], run, rejections));
      const loose = runs.slice(0, MARKS_SOUGHT_MAX).flatMap((run) => findSamePrev(runs, run));
      const findings = [...gaps, ...reorders, ...forks, ...loose].toSorted((a, b) => toSeq(a) - toSeq(b));
      const last = runs.at(-1);
      const lastSeq = last ? endOf(last) - 1 : 0;
      const known = runs.reduce((sum, { indexes }) => sum + indexes.length, 0);
      return { messages, last: lastSeq, missing: lastSeq - known, findings };
    },
  };
}

/** Looking a digest up goes through all of a sender's: no more often than its findings are kept. */
const MARKS_SOUGHT_MAX = 100;

/** In order, one is added to many; the other way round, many are copied. */
function join(earlier: Run, later: Run): void {
  earlier.digest = later.digest;
  const [index, mark] = [later.indexes[0], later.marks[0]];
  if (later.indexes.length === 1 && index !== undefined && mark !== undefined) {
    earlier.indexes.push(index);
    earlier.marks.push(mark);
    return;
  }
  earlier.indexes = earlier.indexes.concat(later.indexes);
  earlier.marks = earlier.marks.concat(later.marks);
}

/** The number after the run's last. */
function endOf({ first, indexes }: Run): number {
  return first + indexes.length;
}

/** The last run that begins at or before a number; -1 where none does. */
function findRun(runs: readonly Run[], seq: number): number {
  return countWhere(runs, ({ first }) => first <= seq) - 1;
}

function countBelow(sorted: readonly number[], bound: number): number {
  return countWhere(sorted, (value) => value < bound);
}

/** How many at the beginning of a sorted list fulfil what those after them do not. */
function countWhere<T>(sorted: readonly T[], holds: (one: T) => boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(sorted[middle] as T)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** 48 bits: enough to find a digest again among a sender's, and small. */
function toMark(digest: Digest): number {
  let mark = 0;
  for (let i = 0; i < 8; i++) mark = mark * 64 + ALPHABET.indexOf(digest.charAt(i));
  return mark;
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

function toGap(
  before: Run | undefined,
  { first, indexes }: Run,
  rejections: readonly number[],
): SenderFinding[] {
  const from = before ? endOf(before) : 1;
  const next = indexes[0];
  if (from === first || next === undefined) return [];
  const after = before?.indexes.at(-1) ?? null;
  const [low, high] = after !== null && after > next ? [next, after] : [after ?? -1, next];
  const between = countBelow(rejections, high) - countBelow(rejections, low + 1);
  return [{ kind: "gap", from, to: first - 1, after, before: next, rejections: between }];
}

interface Named {
  readonly index: number;
  readonly next: number | undefined;
}

/** The later of two neighbours does not go on from the earlier one. */
function toOtherPrev(earlier: Run, later: Run, named: Named | undefined): SenderFinding {
  const own = later.indexes.slice(0, 1);
  if (named === undefined) return toFork("other-prev", later.first, [...earlier.indexes.slice(-1), ...own]);
  return toFork("same-prev", later.first, [named.next ?? named.index, ...own]);
}

/** The message with the number before is not on record, and what is named as it has another number. */
function findSamePrev(runs: readonly Run[], { first, prev, indexes }: Run): SenderFinding[] {
  if (first === 1) return [];
  const own = indexes.slice(0, 1);
  if (prev === null) return [toFork("other-prev", first, own)];
  const named = findMark(runs, prev);
  return named === undefined ? [] : [toFork("same-prev", first, [named.next ?? named.index, ...own])];
}

/** The record with that digest, and the record of the sender's number after it. */
function findMark(runs: readonly Run[], digest: Digest | null): Named | undefined {
  if (digest === null) return undefined;
  const mark = toMark(digest);
  for (const { marks, indexes } of runs) {
    const i = marks.indexOf(mark);
    const index = i < 0 ? undefined : indexes[i];
    if (index !== undefined) return { index, next: indexes[i + 1] };
  }
  return undefined;
}

function toFork(
  reason: Extract<SenderFinding, { kind: "fork" }>["reason"],
  seq: number,
  indexes: readonly number[],
): SenderFinding {
  return { kind: "fork", reason, seq, indexes };
}

function toSeq(finding: SenderFinding): number {
  return finding.kind === "gap" ? finding.from : finding.seq;
}
