import { followChain, type State } from "@leix/exchange";
import { LeixError, parseLeafEntry, parseRecord } from "@leix/protocol";
import { toChunks } from "@leix/runtime";
import type { ReplaySource, SourceRecord } from "../replay-source.ts";
import { RecordErasedError } from "../sealed-beginning.ts";
import { atRecord, type FollowedRecord, readRemains } from "../search/ledger-reading.ts";

/** The next records of a ledger: followed, or, of those that were erased, their leaves. */
export type Remains =
  | { readonly kind: "followed"; readonly records: readonly FollowedRecord[] }
  | { readonly kind: "erased"; readonly begin: number; readonly leaves: readonly Uint8Array[] };

const CHUNK_RECORDS = 256;

/**
 * Follows what is left of a ledger in the memory of the membership: each record after the one before it,
 * where that is there. Whether the leaves are those of the tree its checkpoint has to say. Throws as
 * `readFrom` and `followChunks` do; a RecordErasedError for one that no seal allows to be missing.
 */
export async function* followRemains(state: State, source: ReplaySource): AsyncGenerator<Remains, void> {
  let [index, isBehind]: [number, boolean] = [0, false];
  let unsealed: number | null = null;
  for await (const chunk of toChunks(readRemains(source, 0), CHUNK_RECORDS)) {
    for (const run of splitRuns(chunk)) {
      const [first] = run;
      if (first?.erased) {
        yield { kind: "erased", begin: index, leaves: listLeaves(run, index) };
        [isBehind, unsealed] = [true, unsealed ?? index];
      } else {
        if (first && isBehind) moveTo(state, index, first.bytes);
        const records = await followRun(state, run);
        if (records.some(({ record }) => record.kind === "seal")) unsealed = null;
        yield { kind: "followed", records };
        isBehind = false;
      }
      index += run.length;
    }
  }
  if (unsealed !== null) throw new RecordErasedError(unsealed, ": no seal after it allows that");
}

/** Erased records by themselves. */
function splitRuns(chunk: readonly SourceRecord[]): SourceRecord[][] {
  const runs: SourceRecord[][] = [];
  for (const record of chunk) {
    const run = runs.at(-1);
    if (run && (run[0]?.erased === undefined) === (record.erased === undefined)) run.push(record);
    else runs.push([record]);
  }
  return runs;
}

function listLeaves(run: readonly SourceRecord[], begin: number): Uint8Array[] {
  return run.map(({ erased = new Uint8Array() }, i) => {
    const { kind } = parseLeafEntry(erased);
    if (kind === "statement" || kind === "seal") {
      throw new RecordErasedError(begin + i, `: a ${kind}, which never is`);
    }
    return erased;
  });
}

/** Behind a gap the record itself says what it follows. */
function moveTo(state: State, index: number, bytes: Uint8Array): void {
  try {
    const { prev } = parseRecord(bytes).decision.content;
    state.head = { ...state.head, index, prev };
  } catch (error) {
    throw error instanceof LeixError ? atRecord(index, error) : error;
  }
}

async function followRun(state: State, run: readonly SourceRecord[]): Promise<FollowedRecord[]> {
  const { followed, broken } = await followChain(
    state,
    run.map(({ bytes }) => bytes),
  );
  if (broken) throw atRecord(state.head.index, broken);
  return followed.map((record, i) => ({ record, bytes: run[i]?.bytes ?? new Uint8Array() }));
}
