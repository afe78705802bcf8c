import { setImmediate } from "node:timers/promises";
import { invariant } from "@leix/protocol";
import type { SourceRecord } from "../replay-source.ts";
import type { TriedLeaves, Trier } from "./try-batch.ts";

/** Records that follow each other, taken apart; of erased ones there is nothing to take apart. */
export interface TriedChunk {
  readonly records: readonly SourceRecord[];
  /** Null where they are erased, or refused. */
  readonly tried: TriedLeaves | null;
}

const CHUNK_RECORDS = 64;
/** Few records are large, but all of a chunk may be. */
const CHUNK_BYTES = 1_048_576;

/**
 * The records of a source, in order, taken apart ahead of who takes them: as many as the trier can work on,
 * and no more. What came before an error of the source is given before it is thrown.
 */
export async function* tryAhead(
  records: AsyncIterable<SourceRecord>,
  trier: Trier,
): AsyncGenerator<TriedChunk, void> {
  const ahead: Ahead[] = [];
  let failure: { readonly error: unknown } | undefined;
  try {
    for await (const chunk of toChunks(records)) {
      ahead.push(tryChunk(chunk, trier));
      if (ahead.length > trier.depth) yield await takeFirst(ahead, trier);
    }
  } catch (error) {
    failure = { error };
  }
  while (ahead.length > 0) yield await takeFirst(ahead, trier);
  if (failure) throw failure.error;
}

interface Ahead {
  readonly chunk: Promise<TriedChunk>;
  isDone: boolean;
}

async function takeFirst(ahead: Ahead[], trier: Trier): Promise<TriedChunk> {
  const first = ahead.shift();
  invariant(first, "there is one in hand");
  // What other threads have answered meanwhile is only seen when they are given a turn.
  await setImmediate();
  if (!first.isDone) await trier.help();
  return first.chunk;
}

function tryChunk(records: readonly SourceRecord[], trier: Trier): Ahead {
  const [first] = records;
  if (first?.erased || first?.refused)
    return { chunk: Promise.resolve({ records, tried: null }), isDone: true };
  const trying = trier.try(records.map(({ bytes }) => bytes)).then((tried) => ({ records, tried }));
  const ahead = { chunk: trying, isDone: false };
  // Whoever waits for it hears of an error; until then others may be waited for.
  trying.then(
    () => {
      ahead.isDone = true;
    },
    () => undefined,
  );
  return ahead;
}

/** All of one sort; one that is refused is alone. */
async function* toChunks(records: AsyncIterable<SourceRecord>): AsyncGenerator<SourceRecord[], void> {
  let chunk: SourceRecord[] = [];
  let bytes = 0;
  let failure: { readonly error: unknown } | undefined;
  try {
    for await (const record of records) {
      const isFull = chunk.length === CHUNK_RECORDS || bytes >= CHUNK_BYTES;
      if (chunk.length > 0 && (isFull || toSort(record) !== toSort(chunk[0]))) {
        yield chunk;
        [chunk, bytes] = [[], 0];
      }
      chunk.push(record);
      bytes += record.bytes.byteLength;
    }
  } catch (error) {
    failure = { error };
  }
  if (chunk.length > 0) yield chunk;
  if (failure) throw failure.error;
}

function toSort(record: SourceRecord | undefined): string {
  if (record?.refused) return "refused";
  return record?.erased ? "erased" : "record";
}
