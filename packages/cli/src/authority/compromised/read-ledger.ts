import type { State, Trust } from "@leix/exchange";
import type { ParsedRecord } from "@leix/protocol";
import type { ReplayProgress } from "../../audit/replay-result.ts";
import type { ReplaySource } from "../../audit/replay-source.ts";
import { withBeginning } from "../../audit/sealed-beginning.ts";
import { followChunks, readFrom } from "../../audit/search/ledger-reading.ts";

/** What is made of a ledger's records. */
export interface LedgerReader<T> {
  add(record: ParsedRecord): void;
  /** `state`: the membership after the last record. */
  finish(state: State): T;
}

/**
 * Reads a ledger to its end: every record in its place, its chain and its signature verified. Where its
 * beginning was erased or put away, it is read from the seal on, with what the exchange knew by then. Throws
 * where a record is not in its place.
 */
export function readWholeLedger<T>(
  trust: Trust,
  source: ReplaySource,
  createReader: (first: number, state: State) => LedgerReader<T>,
  onProgress: (progress: ReplayProgress) => void,
): Promise<T> {
  const startedAt = performance.now();
  return withBeginning(trust, source, async ({ index, state }) => {
    const reader = createReader(index, state);
    for await (const chunk of followChunks(state, readFrom(source, index))) {
      for (const { record } of chunk) reader.add(record);
      const elapsedMs = performance.now() - startedAt;
      onProgress({ checked: state.head.index, total: source.total, elapsedMs, begin: index });
    }
    return reader.finish(state);
  });
}
