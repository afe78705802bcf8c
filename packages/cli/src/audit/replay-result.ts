import type { SenderReport } from "@leix/exchange";
import type { Digest, ErrorCode, Outcome, ParsedRecord } from "@leix/protocol";
import type { Cosigned } from "./replay/cosigned.ts";
import type { ReplayDifference } from "./replay-source.ts";

/** What an audit of a whole ledger found. */
export interface Replay {
  /** From which record on this replay itself has looked; before it, an earlier one did. Null: from 0. */
  readonly resumed: number | null;
  /** Records that were found in their place, with every signature tried, and decided again. */
  readonly checked: number;
  /**
   * Records that were erased below a seal, of which the tree still has the leaves; and those that are left
   * among them, in place and signed, but not decided again: what they were decided on is gone.
   */
  readonly erased: number;
  readonly undecided: number;
  /** Records before the seal that the source begins with: put away, and not looked at. */
  readonly away: number;
  /** The seal from whose state on everything was decided again; null for record 0. */
  readonly sealed: number | null;
  readonly ledger: number;
  readonly mismatches: number;
  /** The first of them. */
  readonly differences: readonly ReplayDifference[];
  /** The difference at which checking ended: nothing is said of any record from there on. */
  readonly broken: ReplayDifference | null;
  readonly kinds: Readonly<Record<ParsedRecord["kind"], number>>;
  readonly outcomes: Readonly<Record<Outcome, number>>;
  readonly rejections: Readonly<Partial<Record<ErrorCode, number>>>;
  /** Duties that events have recorded: their time had run out. */
  readonly overdue: number;
  /** What does not fit in the senders' own numbering of their messages: findings, and no differences. */
  readonly senders: readonly SenderReport[];
  /** The tree of what was replayed, compared with the checkpoints that were given. */
  readonly tree: ReplayRoot;
  /** The last checked decision: two auditors who have the same have the same ledger up to there. */
  readonly head: Digest | null;
  readonly durationMs: number;
}

/** What the replayed ledger's tree is, and whether it is the one that a checkpoint signs. */
export interface ReplayRoot {
  readonly size: number;
  /** Base64, as checkpoints have it. */
  readonly root: string;
  /** Those that were compared. */
  readonly checkpoints: readonly ComparedCheckpoint[];
}

export interface ComparedCheckpoint {
  readonly size: number;
  /**
   * Signed by the ledger service, and the replayed tree had this root at its size. Null: signed, but of fewer
   * records than this replay began with, and nothing at hand has the tree of so few.
   */
  readonly isSame: boolean | null;
  /** Null where its signatures are not what they should be. */
  readonly cosigned: Cosigned | null;
}

export interface ReplayProgress {
  readonly checked: number;
  readonly total: number;
  readonly elapsedMs: number;
  /** Where it began to look. */
  readonly begin?: number;
}

/**
 * There was something to check, and all of it is as it should be: decided again, or erased or put away below
 * a seal, and then in the tree of which a checkpoint signs the root.
 */
export function isSound(replay: Replay): boolean {
  const { checked, erased, undecided, away, sealed, ledger, mismatches, tree } = replay;
  const isWhole = checked > 0 && checked + erased + undecided + away === ledger;
  const isCovered = tree.checkpoints.some(({ size, isSame }) => isSame && size > (sealed ?? 0));
  return mismatches === 0 && isWhole && (sealed === null || isCovered);
}

/**
 * Only a checkpoint of just so many records says that there were no more when it was signed: one of fewer
 * would fit as well if records were cut off after it.
 */
export function isEndProven(replay: Replay): boolean {
  return countUncovered(replay) === 0;
}

/** So many records at the end are under no checkpoint that was compared. */
export function countUncovered({ tree }: Replay): number {
  return tree.size - Math.max(0, ...tree.checkpoints.map(({ size, isSame }) => (isSame ? size : 0)));
}

/**
 * `unsound`: something is wrong. `incomplete`: nothing is, of what was looked at before the audit was
 * stopped, or there was nothing to look at, or no checkpoint covers the seal. The last two: nothing is wrong,
 * and this is what was not looked at, or not proven.
 */
export type ReplayVerdict = "sound" | "unsound" | "incomplete" | "end-unproven" | "put-away";

export function toVerdict(replay: Replay): ReplayVerdict {
  if (!isSound(replay)) return replay.mismatches > 0 ? "unsound" : "incomplete";
  if (replay.away > 0) return "put-away";
  return isEndProven(replay) ? "sound" : "end-unproven";
}
