import {
  appendCheckpoint,
  type ConnectionWatch,
  checkStillThere,
  type connectBroker,
  followLedger,
  ledgerEnds,
  loadCheckpoint,
  readLedger,
} from "@leix/broker";
import type { Checkpoints, Ledger } from "./ports.ts";

export type Connection = Awaited<ReturnType<typeof connectBroker>>;

/** LEDGER as the port. Record `n` has sequence `n + 1`. */
function createNatsLedger(nc: Connection, watch: ConnectionWatch): Ledger {
  return {
    async *follow(from, last, signal) {
      for await (const message of followLedger(nc, from + 1, signal, last)) yield message.data;
    },
    begin: async () => (await ledgerEnds(nc, watch.current())).first - 1,
    async *read(from) {
      for await (const message of readLedger(nc, from + 1, watch.current())) yield message.data;
    },
    verifyRecord: (index, record) => {
      const seen = { sequence: index + 1, ...(record ? { data: record } : {}) };
      return checkStillThere(nc, seen, watch.current());
    },
  };
}

function createNatsCheckpoints(nc: Connection, watch: ConnectionWatch): Checkpoints {
  return {
    load: () => loadCheckpoint(nc, watch.current()),
    append: (note, after) => appendCheckpoint(nc, note, after, watch.current()),
  };
}

/** Both, over one connection. */
export function createNatsPorts(
  nc: Connection,
  watch: ConnectionWatch,
): { ledger: Ledger; checkpoints: Checkpoints } {
  return { ledger: createNatsLedger(nc, watch), checkpoints: createNatsCheckpoints(nc, watch) };
}
