import { followChain, type State } from "@leix/exchange";
import { LeixError, type ParsedRecord } from "@leix/protocol";
import { toChunks } from "@leix/runtime";
import type { ReplaySource, SourceRecord } from "../replay-source.ts";
import { RecordErasedError } from "../sealed-beginning.ts";

/**
 * The records of a source from an index on. Throws `ledger/rolled-back` or `ledger/unreadable` where it ends
 * before its own end, or says of itself what is not so; a RecordErasedError, and why a record was refused.
 */
export async function* readFrom(source: ReplaySource, from: number): AsyncGenerator<Uint8Array, void> {
  let index = from;
  for await (const { bytes, erased } of readRemains(source, from)) {
    if (erased) throw new RecordErasedError(index, "; all that was decided is needed here");
    yield bytes;
    index++;
  }
}

/** The same, erased records among them. */
export async function* readRemains(source: ReplaySource, from: number): AsyncGenerator<SourceRecord, void> {
  const [claim] = source.differences;
  if (claim) throw new LeixError(claim.code, claim.detail);
  let index = from;
  for await (const record of source.records(from)) {
    if (record.refused) throw atRecord(index, record.refused);
    yield record;
    index++;
  }
  if (index >= source.total) return;
  const code = source.size === undefined ? "ledger/rolled-back" : "ledger/unreadable";
  throw new LeixError(code, `it ends after ${index} of ${source.total} records`);
}

/**
 * Follows the records of a source as `followChain` does: place, chain, signature, in the memory of the
 * membership. Gives each chunk with its records taken apart; throws at the first that is not in its place.
 */
export async function* followChunks(
  state: State,
  records: AsyncIterable<Uint8Array>,
  chunkRecords = CHUNK_RECORDS,
): AsyncGenerator<FollowedRecord[], void> {
  for await (const chunk of toChunks(records, chunkRecords)) {
    const { followed, broken } = await followChain(state, chunk);
    if (broken) throw atRecord(state.head.index, broken);
    yield followed.map((record, i) => ({ record, bytes: chunk[i] ?? new Uint8Array() }));
  }
}

export interface FollowedRecord {
  readonly record: ParsedRecord;
  readonly bytes: Uint8Array;
}

const CHUNK_RECORDS = 256;

/** The same error, and where it was. */
export function atRecord(index: number, error: LeixError): LeixError {
  const detail = error.detail === "" ? "" : `: ${error.detail}`;
  return new LeixError(error.code, `record ${index}${detail}`, { cause: error });
}
