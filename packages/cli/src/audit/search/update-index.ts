import { createState, resumeStatement, type State, type Trust } from "@leix/exchange";
import { LeixError, parseRecord } from "@leix/protocol";
import type { ReplayProgress, ReplaySource } from "../replay.ts";
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
 * Every record is followed: place, chain, signature. Throws `ledger/rolled-back` where the ledger is shorter
 * than the index or has another record at its end, and what `follow` throws.
 */
export async function updateIndex(
  index: SearchIndex,
  trust: Trust,
  source: ReplaySource,
  { chunkRecords, onProgress = () => undefined }: UpdateOptions = {},
): Promise<number> {
  const startedAt = performance.now();
  const start = index.head();
  if (source.total < start.next) throw toRolledBack(start, `this ledger has ${source.total}`);
  const state = await restoreState(index, trust, start);
  let before = start;
  for await (const chunk of followChunks(state, readAfter(source, start), chunkRecords)) {
    index.add(
      before,
      chunk.map((one) => toIndexed(state, one)),
      toIndexHead(state),
    );
    before = toIndexHead(state);
    const elapsedMs = performance.now() - startedAt;
    onProgress({ checked: state.head.index, total: source.total, elapsedMs });
  }
  return state.head.index - start.next;
}

/** What follows the index's end, if the ledger still has the record that the index ended with. */
async function* readAfter(source: ReplaySource, start: IndexHead): AsyncGenerator<Uint8Array, void> {
  let isContinued = start.next === 0;
  for await (const bytes of readFrom(source, Math.max(0, start.next - 1))) {
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
