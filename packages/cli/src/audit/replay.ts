import type { Trust } from "@leix/exchange";
import { LeixError } from "@leix/protocol";
import { isSameHash } from "@leix/tlog";
import { isProving } from "./proving-source.ts";
import type { LogKeys } from "./replay/log-keys.ts";
import { loadMemory, type ReplayMemory, writeMemory } from "./replay/memory-file.ts";
import { tryAhead } from "./replay/read-ahead.ts";
import { ReplayRun } from "./replay/replay-run.ts";
import type { Trier } from "./replay/try-batch.ts";
import { createTrier, createTryPool } from "./replay/try-pool.ts";
import type { Replay, ReplayProgress } from "./replay-result.ts";
import type { ReplayDifference, ReplaySource } from "./replay-source.ts";
import { loadRoots, toLeaf } from "./tree-of-source.ts";

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
  const { total, checkpoint, cosigned } = source;
  const memory = memoryFile === undefined ? null : await loadMemory(memoryFile, trust);
  refuseBefore(source, memory);
  const notes = [...(checkpoint ? [checkpoint] : []), ...(cosigned ? [cosigned] : []), ...checkpoints];
  // An exchange that asks for no witness has its newest as the cosigned one too.
  const all = notes.filter((note, at) => notes.findIndex((one) => Buffer.compare(one, note) === 0) === at);
  const known = isProving(source) ? (sizes: readonly number[]) => loadRoots(source, sizes) : undefined;
  const given = { source, checkpoints: all, keys, loadRoots: known };
  const run = new ReplayRun(trust, { ...given, memory: memory ?? undefined });
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
