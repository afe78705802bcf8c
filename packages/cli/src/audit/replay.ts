import type { SenderReport, Trust } from "@leix/exchange";
import {
  type Digest,
  type ErrorCode,
  LeixError,
  type Outcome,
  type ParsedRecord,
  parseRecord,
} from "@leix/protocol";
import type { LogKeys } from "./replay/log-keys.ts";
import { loadMemory, type ReplayMemory, writeMemory } from "./replay/memory-file.ts";
import { tryAhead } from "./replay/read-ahead.ts";
import { ReplayRun } from "./replay/replay-run.ts";
import type { ReplayRoot } from "./replay/replay-tree.ts";
import type { Trier } from "./replay/try-batch.ts";
import { createTrier, createTryPool } from "./replay/try-pool.ts";

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
   * Records that were erased, of which the tree still has the leaves; and those after them, which are in
   * their place, but could not be decided again: what they were decided on is gone.
   */
  readonly erased: number;
  readonly undecided: number;
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

/** Everything was checked, there was something to check, and all of it is as it should be. */
export function isSound({ checked, ledger, mismatches }: Replay): boolean {
  return mismatches === 0 && checked === ledger && checked > 0;
}

/**
 * The same, as far as it can be seen: records were erased, and the tree of which a checkpoint signs the root
 * has their leaves. What they said, and whether what follows them was decided as it should have been, nobody
 * can say any more.
 */
export function isSoundButErased({ checked, erased, undecided, ledger, mismatches, tree }: Replay): boolean {
  const isCovered = tree.checkpoints.some(({ size, isSame }) => isSame && size === ledger);
  return mismatches === 0 && erased > 0 && checked + erased + undecided === ledger && isCovered;
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
  const { total, checkpoint, differences } = source;
  const memory = memoryFile === undefined ? null : await loadMemory(memoryFile, trust);
  const all = [...(checkpoint ? [checkpoint] : []), ...checkpoints];
  const run = new ReplayRun(trust, { differences, checkpoints: all, keys, memory: memory ?? undefined });
  const startedAt = performance.now();
  const begin = run.position;
  let kept = begin;
  try {
    if (memory) await verifySame(source, memory);
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

/** Throws `ledger/rolled-back` where the ledger is not, or no longer, the one that was replayed before. */
async function verifySame(source: ReplaySource, { state }: ReplayMemory): Promise<void> {
  const { index, prev } = state.head;
  if (index === 0) return;
  if (source.total < index) throw new LeixError("ledger/rolled-back", `${source.total} of ${index} records`);
  for await (const { bytes, erased } of source.records(index - 1)) {
    const digest = erased ? prev : parseRecord(bytes).decision.jws.digest;
    if (digest !== prev) throw new LeixError("ledger/rolled-back", `record ${index - 1} is another one`);
    return;
  }
}

function toMissing({ total, size }: ReplaySource, index: number): ReplayDifference {
  const detail = `it ends after ${index} of ${total} records`;
  if (size === undefined) return { index, code: "ledger/rolled-back", detail };
  return { index, offset: size, code: "ledger/unreadable", detail };
}
