import { type LedgerMessage, type LedgerStream, loadCheckpoint, readRemains } from "@leix/broker";
import type { RepairSource } from "@leix/ledger-store";
import type { PartyConnection } from "@leix/runtime";

/** What is passed over rather than asked for anew. */
const SKIPPED_MAX = 1_024;

/**
 * LEDGER as what a store is repaired from: as much of it as is served, for it may be damaged elsewhere. What
 * is asked for in order, as a repair does, is read in one go.
 */
export function createStreamRepairSource(
  nc: PartyConnection,
  stream: LedgerStream,
): RepairSource & AsyncDisposable {
  let reading: AsyncGenerator<LedgerMessage, void> | undefined;
  /** What is served at `end`, and that nothing is from `begin` to there. */
  let ahead: LedgerMessage | undefined;
  let [begin, end] = [0, 0];
  const close = async (): Promise<void> => {
    await reading?.return();
    [reading, ahead, begin, end] = [undefined, undefined, 0, 0];
  };
  const advance = async (): Promise<void> => {
    ahead = (await reading?.next())?.value ?? undefined;
    [begin, end] = [end + 1, ahead?.sequence ?? stream.lastSequence];
  };
  return {
    async record(index) {
      const sequence = index + 1;
      if (sequence < stream.firstSequence || sequence > stream.lastSequence) return null;
      if (!reading || sequence < begin || sequence > end + SKIPPED_MAX) {
        await close();
        end = sequence - 1;
        reading = readRemains(nc, { ...stream, firstSequence: sequence });
      }
      while (sequence > end) await advance();
      return ahead?.sequence === sequence ? ahead.data : null;
    },
    checkpoint: async () => (await loadCheckpoint(nc))?.note ?? null,
    [Symbol.asyncDispose]: close,
  };
}
