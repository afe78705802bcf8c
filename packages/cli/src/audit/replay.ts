import type { SealedItem, SenderReport, Trust } from "@leix/exchange";
import { type Digest, type ErrorCode, LeixError, type Outcome, type ParsedRecord } from "@leix/protocol";
import { type CompactRange, isSameHash } from "@leix/tlog";
import type { LogKeys } from "./replay/log-keys.ts";
import { loadMemory, type ReplayMemory, writeMemory } from "./replay/memory-file.ts";
import { tryAhead } from "./replay/read-ahead.ts";
import { ReplayRun } from "./replay/replay-run.ts";
import type { ReplayRoot } from "./replay/replay-tree.ts";
import type { Trier } from "./replay/try-batch.ts";
import { createTrier, createTryPool } from "./replay/try-pool.ts";
import { toLeaf } from "./tree-of-source.ts";

/** One record as a source gives it. */
export interface SourceRecord {
  readonly bytes: Uint8Array;
  /** Where it begins in its file. */
  readonly offset?: number;
  /** Why it cannot be a record of this ledger, whatever its bytes say. */
  readonly refused?: LeixError;
  /** The leaf of a record that was erased, of which there are no bytes. */
  readonly erased?: Uint8Array;
}

/** Where the records come from. */
export interface ReplaySource {
  /** How many records there are, by the source's own word. */
  readonly total: number;
  /** Of a file: all of it, in bytes. */
  readonly size?: number;
  /** What the source says of itself that is not so. */
  readonly differences: readonly ReplayDifference[];
  /** The signed checkpoint (a note) that comes with it. */
  readonly checkpoint?: Uint8Array | undefined;
  /** The tree before its first record, where that is a seal, and what was before it was put away. */
  readonly begin?: CompactRange;
  /**
   * What was put away with the seal at an index; null where the source has it not. Nothing in it is believed
   * before it is compared with the seal.
   */
  sealed?(index: number): Promise<AsyncIterable<SealedItem> | null>;
  /** In order from record `begin` (0) on. Throws `ledger/rolled-back` where one is missing. */
  records(begin?: number): AsyncIterable<SourceRecord>;
}

export interface ReplayDifference {
  /** Null where it is not about one record. */
  readonly index: number | null;
  /** In a file: where the record begins. */
  readonly offset?: number;
  readonly code: ErrorCode;
  readonly detail: string;
}

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

export interface ReplayProgress {
  readonly checked: number;
  readonly total: number;
  readonly elapsedMs: number;
  /** Where it began to look. */
  readonly begin?: number;
}

export interface ReplayOptions {
  readonly onProgress?: (progress: ReplayProgress) => void;
  /** Signed checkpoints to compare with, beside the source's own. */
  readonly checkpoints?: readonly Uint8Array[];
  /** Who may sign checkpoints; without it, the ledger itself says so. */
  readonly logKeys?: LogKeys | undefined;
  /**
   * A file of this auditor's own in which it keeps how far it has come: it goes on from there, and what the
   * file says of the records before is believed.
   */
  readonly memoryFile?: string | undefined;
  /** Aborted: no more is read, and what was found so far is kept. */
  readonly signal?: AbortSignal;
  /** Who takes the records apart; threads, where it is worth starting them. */
  readonly trier?: Trier;
}

/** After so many records what was found is kept, for it to be worth something if the process ends. */
const KEPT_RECORDS = 250_000;
/** From so many records on, threads are started. */
const THREADED_RECORDS = 2_000;

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

/** Without a checkpoint nothing says that the ledger does not go on after its last record. */
export function isEndProven({ tree }: Replay): boolean {
  return tree.checkpoints.some(({ isSame }) => isSame);
}

/** Follows a ledger from its first record and decides every record again, starting from `trust` alone. */
export async function replayLedger(
  trust: Trust,
  source: ReplaySource,
  options: ReplayOptions = {},
): Promise<Replay> {
  const { trier } = options;
  if (trier) return replayWith(trier, trust, source, options);
  await using own = source.total < THREADED_RECORDS ? createTrier() : createTryPool();
  return await replayWith(own, trust, source, options);
}

async function replayWith(
  trier: Trier,
  trust: Trust,
  source: ReplaySource,
  options: ReplayOptions,
): Promise<Replay> {
  const { checkpoints = [], logKeys: keys, memoryFile, signal, onProgress = () => undefined } = options;
  const { total, checkpoint } = source;
  const memory = memoryFile === undefined ? null : await loadMemory(memoryFile, trust);
  refuseBefore(source, memory);
  const all = [...(checkpoint ? [checkpoint] : []), ...checkpoints];
  const run = new ReplayRun(trust, { source, checkpoints: all, keys, memory: memory ?? undefined });
  const startedAt = performance.now();
  const begin = run.position;
  let kept = begin;
  try {
    if (memory && (await verifySame(source, memory))) run.noteErasedBefore();
    for await (const chunk of tryAhead(source.records(begin), trier)) {
      await run.take(chunk);
      const elapsedMs = performance.now() - startedAt;
      onProgress({ checked: run.position, total, elapsedMs, begin });
      if (run.isBroken || signal?.aborted) break;
      if (memoryFile === undefined || !run.memory || run.position - kept < KEPT_RECORDS) continue;
      await writeMemory(memoryFile, run.memory);
      kept = run.position;
    }
    if (!signal?.aborted && run.position < total) run.break(toMissing(source, run.position));
  } catch (error) {
    if (!(error instanceof LeixError) || error.code !== "ledger/rolled-back") throw error;
    run.break({ index: run.position, code: error.code, detail: error.detail });
  }
  if (memoryFile !== undefined && run.memory) await writeMemory(memoryFile, run.memory);
  return {
    ...(await run.result(run.position >= total)),
    ledger: total,
    durationMs: performance.now() - startedAt,
  };
}

/**
 * Throws `ledger/rolled-back` where the ledger is not, or no longer, the one that was replayed before: at the
 * place of the last record is another leaf. True where that is all that is left of it.
 */
async function verifySame(source: ReplaySource, { state, last }: ReplayMemory): Promise<boolean> {
  const { index } = state.head;
  if (source.total < index) throw new LeixError("ledger/rolled-back", `${source.total} of ${index} records`);
  // Then the first record names the one before it, and the state is compared with what it seals.
  if (source.begin?.end === index) return false;
  for await (const record of source.records(index - 1)) {
    if (isSameHash(toLeaf(record), last)) return record.erased !== undefined;
    throw new LeixError("ledger/rolled-back", `record ${index - 1} is another one`);
  }
  throw new LeixError("ledger/rolled-back", `record ${index - 1} is not there`);
}

/** Between what was replayed and where the source begins now, nobody here has looked. */
function refuseBefore({ begin }: ReplaySource, memory: ReplayMemory | null): void {
  const end = memory?.state.head.index;
  if (!begin || end === undefined || end >= begin.end) return;
  const detail = `it ends at record ${end}, LEDGER begins with ${begin.end}: go on with --store or --url`;
  throw new LeixError("audit/resume-unusable", detail);
}

function toMissing({ total, size }: ReplaySource, index: number): ReplayDifference {
  const detail = `it ends after ${index} of ${total} records`;
  if (size === undefined) return { index, code: "ledger/rolled-back", detail };
  return { index, offset: size, code: "ledger/unreadable", detail };
}
