import { createState, resumeStatement, type State, type Trust } from "@leix/exchange";
import { LeixError, parseRecord } from "@leix/protocol";
import type { ReplayProgress } from "../replay-result.ts";
import type { ReplaySource } from "../replay-source.ts";
import { type Beginning, openAfter, openBeginning, RecordErasedError } from "../sealed-beginning.ts";
import type { Indexed, IndexHead, SearchIndex } from "./database.ts";
import { toHit } from "./hit.ts";
import { atRecord, type FollowedRecord, followChunks, readFrom } from "./ledger-reading.ts";

export interface UpdateOptions {
  /** Records that are taken in together: so many are done again after a crash, at most. */
  readonly chunkRecords?: number;
  readonly onProgress?: (progress: ReplayProgress) => void;
}

const STATEMENTS_PAGE = 100;

/**
 * Brings an index up to the end of a ledger, from where it ended, and returns how many records it took in.
 * Every record is followed: place, chain, signature. What the ledger has erased meanwhile is dropped; where
 * its beginning was erased or put away, a new index begins with the seal. Throws `ledger/rolled-back` where
 * the ledger is shorter than the index or has another record at its end, and what `follow` throws.
 */
export async function updateIndex(
  index: SearchIndex,
  trust: Trust,
  source: ReplaySource,
  options: UpdateOptions = {},
): Promise<number> {
  const { next } = index.head();
  if (next === 0 && source.begin) beginAt(index, await openBeginning(trust, source));
  await forgetErased(index, trust, source);
  while (true) {
    try {
      await takeIn(index, trust, source, options);
      return index.head().next - Math.max(next, index.first());
    } catch (error) {
      if (!(error instanceof RecordErasedError)) throw error;
      beginAt(index, await openAfter(trust, source, error.index));
    }
  }
}

/** Records are erased from the oldest on, so the oldest of the index says whether any of it were. */
async function forgetErased(index: SearchIndex, trust: Trust, source: ReplaySource): Promise<void> {
  const oldest = index.findErasable();
  // What was put away is not erased.
  if (oldest === null || oldest < (source.begin?.end ?? 0) || oldest >= source.total) return;
  for await (const { erased } of source.records(oldest)) {
    if (erased) beginAt(index, await openAfter(trust, source, oldest));
    return;
  }
}

/** What the index has of the records from there on stays. */
function beginAt(index: SearchIndex, { index: first, state, statements }: Beginning): void {
  if (index.head().next > first) {
    index.forgetBefore(first);
    return;
  }
  const added = statements.map((bytes) => toIndexed(state, { record: parseRecord(bytes), bytes }));
  index.beginAt(added, toIndexHead(state));
}

async function takeIn(
  index: SearchIndex,
  trust: Trust,
  source: ReplaySource,
  { chunkRecords, onProgress = () => undefined }: UpdateOptions,
): Promise<void> {
  const startedAt = performance.now();
  const start = index.head();
  if (source.total < start.next) throw toRolledBack(start, `this ledger has ${source.total}`);
  const state = await restoreState(index, trust, start);
  let before = start;
  for await (const chunk of followChunks(state, readAfter(source, start, index.first()), chunkRecords)) {
    index.add(
      before,
      chunk.map((one) => toIndexed(state, one)),
      toIndexHead(state),
    );
    before = toIndexHead(state);
    const elapsedMs = performance.now() - startedAt;
    onProgress({ checked: state.head.index, total: source.total, elapsedMs });
  }
}

/** What follows the index's end, if the ledger still has the record that the index ended with. */
async function* readAfter(
  source: ReplaySource,
  start: IndexHead,
  first: number,
): AsyncGenerator<Uint8Array, void> {
  // Where both begin with a seal, it names the record before it, which is not asked for.
  let isContinued = start.next === first || start.next === source.begin?.end;
  for await (const bytes of readFrom(source, isContinued ? start.next : start.next - 1)) {
    if (isContinued) yield bytes;
    else verifyContinued(start, bytes);
    isContinued = true;
  }
}

function toIndexed(state: State, { record, bytes }: FollowedRecord): Indexed {
  const hit = toHit(state, record);
  return record.kind === "statement" ? { hit, statement: bytes } : { hit };
}

/** What the ledger said up to there about who is who: the index keeps the statements' own records. */
async function restoreState(index: SearchIndex, trust: Trust, head: IndexHead): Promise<State> {
  const state = createState(trust);
  for (let from = 0; ; ) {
    const page = index.listStatements(from, STATEMENTS_PAGE);
    for (const { idx, record } of page) await followAlone(state, idx, record);
    const last = page.at(-1);
    if (!last) break;
    from = last.idx + 1;
  }
  state.head = { index: head.next, prev: head.prev, at: head.at };
  return state;
}

/** A statement without the records between it and the one before. */
async function followAlone(state: State, idx: number, bytes: Uint8Array): Promise<void> {
  try {
    await resumeStatement(state, bytes);
  } catch (cause) {
    if (!(cause instanceof LeixError)) throw cause;
    const { code, detail } = atRecord(idx, cause);
    throw new LeixError("audit/index-unusable", `${detail} [${code}]`, { cause });
  }
}

/** The ledger still has what the index ended with. */
function verifyContinued(start: IndexHead, bytes: Uint8Array): void {
  const last = start.next - 1;
  if (readPlace(bytes)?.digest === start.prev) return;
  throw toRolledBack(start, `this ledger has another record ${last}`);
}

function readPlace(bytes: Uint8Array) {
  try {
    return parseRecord(bytes).decision.jws;
  } catch (error) {
    if (error instanceof LeixError) return undefined;
    throw error;
  }
}

function toRolledBack({ next }: IndexHead, found: string): LeixError {
  const told = "if this ledger is the right one, make the index anew with --rebuild";
  return new LeixError("ledger/rolled-back", `the index has ${next} records, ${found}; ${told}`);
}

function toIndexHead({ head }: State): IndexHead {
  return { next: head.index, prev: head.prev, at: head.at };
}
