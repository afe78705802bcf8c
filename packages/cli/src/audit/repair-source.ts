import { type Erasure, type RepairSource, readErasure } from "@leix/ledger-store";
import { LeixError } from "@leix/protocol";
import type { ReplaySource } from "./replay-source.ts";

/** What another store says that it has erased; null where that says nothing. */
export async function loadErasureOf(store: string): Promise<Erasure | null> {
  return readErasure(store).catch((error: unknown) => {
    if (error instanceof LeixError) return null;
    throw error;
  });
}

/**
 * A ledger from which a store is repaired. What is asked for in order, as a repair does, is read in one go.
 */
export function createRepairSource(source: ReplaySource): RepairSource & AsyncDisposable {
  let reading: AsyncIterator<{ readonly bytes: Uint8Array; readonly erased?: Uint8Array }> | undefined;
  let next = 0;
  const close = async (): Promise<void> => {
    await reading?.return?.();
    reading = undefined;
  };
  const skipTo = async (index: number): Promise<void> => {
    const isNear = reading && index >= next && index - next <= SKIPPED_MAX;
    if (isNear) return;
    await close();
    reading = source.records(index)[Symbol.asyncIterator]();
    next = index;
  };
  return {
    async record(index) {
      if (index >= source.total) return null;
      await skipTo(index);
      while (reading) {
        const { value, done } = await reading.next();
        if (done) {
          await close();
          return null;
        }
        next++;
        if (next > index) return value.erased ? null : value.bytes;
      }
      throw new LeixError("ledger/source-differs", `record ${index}`);
    },
    checkpoint: () => Promise.resolve(source.checkpoint ?? null),
    [Symbol.asyncDispose]: close,
  };
}

/** What is passed over rather than asked for anew. */
const SKIPPED_MAX = 1_024;
