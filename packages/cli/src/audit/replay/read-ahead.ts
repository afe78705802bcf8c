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
 * and no more. What came before an error of the source is given before it is thrown. A chunk's bytes hold
 * until the next chunk is asked for.
 */
export async function* tryAhead(
  records: AsyncIterable<SourceRecord>,
  trier: Trier,
): AsyncGenerator<TriedChunk, void> {
  const ahead: Ahead[] = [];
  const spare: Uint8Array[] = [];
  let failure: { readonly error: unknown } | undefined;
  try {
    for await (const chunk of toChunks(records, spare)) {
      ahead.push(tryChunk(chunk, trier));
      if (ahead.length > trier.depth) yield* takeFirst(ahead, spare, trier);
    }
  } catch (error) {
    failure = { error };
  }
  while (ahead.length > 0) yield* takeFirst(ahead, spare, trier);
  if (failure) throw failure.error;
}

interface Chunk {
  readonly records: readonly SourceRecord[];
  /** In which their bytes are. */
  readonly memory: Uint8Array;
}

interface Ahead {
  readonly chunk: Promise<TriedChunk>;
  readonly memory: Uint8Array;
  isDone: boolean;
}

async function* takeFirst(
  ahead: Ahead[],
  spare: Uint8Array[],
  trier: Trier,
): AsyncGenerator<TriedChunk, void> {
  const first = ahead.shift();
  invariant(first, "there is one in hand");
  // What other threads have answered meanwhile is only seen when they are given a turn.
  await setImmediate();
  if (!first.isDone) await trier.help();
  yield await first.chunk;
  spare.push(first.memory);
}

function tryChunk({ records, memory }: Chunk, trier: Trier): Ahead {
  const [first] = records;
  if (first?.erased || first?.refused)
    return { chunk: Promise.resolve({ records, tried: null }), memory, isDone: true };
  const trying = trier.try(records.map(({ bytes }) => bytes)).then((tried) => ({ records, tried }));
  const ahead = { chunk: trying, memory, isDone: false };
  // Whoever waits for it hears of an error; until then others may be waited for.
  trying.then(
    () => {
      ahead.isDone = true;
    },
    () => undefined,
  );
  return ahead;
}

/**
 * All of one sort; one that is refused is alone. Bytes are copied into memory that is used again and again:
 * what the source gave them in is let go of at once. Kept until they are taken, it would grow old, and be
 * collected long afterwards (some 40 MB).
 */
async function* toChunks(
  records: AsyncIterable<SourceRecord>,
  spare: Uint8Array[],
): AsyncGenerator<Chunk, void> {
  let chunk: SourceRecord[] = [];
  let memory = spare.pop() ?? new Uint8Array(CHUNK_BYTES);
  let used = 0;
  let failure: { readonly error: unknown } | undefined;
  try {
    for await (const record of records) {
      const isFull = chunk.length === CHUNK_RECORDS || used + record.bytes.byteLength > memory.byteLength;
      if (chunk.length > 0 && (isFull || toSort(record) !== toSort(chunk[0]))) {
        yield { records: chunk, memory };
        [chunk, memory, used] = [[], spare.pop() ?? new Uint8Array(CHUNK_BYTES), 0];
      }
      const bytes = copyInto(memory, used, record.bytes);
      chunk.push({ ...record, bytes });
      used += bytes.byteLength;
    }
  } catch (error) {
    failure = { error };
  }
  if (chunk.length > 0) yield { records: chunk, memory };
  if (failure) throw failure.error;
}

/** What is larger than a whole chunk stays where it is. */
function copyInto(memory: Uint8Array, at: number, bytes: Uint8Array): Uint8Array {
  if (at + bytes.byteLength > memory.byteLength) return bytes;
  memory.set(bytes, at);
  return memory.subarray(at, at + bytes.byteLength);
}

function toSort(record: SourceRecord | undefined): string {
  if (record?.refused) return "refused";
  return record?.erased ? "erased" : "record";
}
