import {
  ledgerEnds,
  ledgerHead,
  loadCheckpoint,
  loadLedgerMessage,
  readSealedPieces,
  watchConnection,
} from "@leix/broker";
import { decodeSealed } from "@leix/ledger-store";
import type { NatsConnection } from "@nats-io/transport-node";
import type { LedgerSource } from "./ledger-source.ts";

/** Another server of the cluster is never so far behind. */
const SETTLE_MS_MAX = 5_000;

/**
 * LEDGER and CHECKPOINT of a broker. Record `n` has sequence `n + 1`, so the count is the last sequence. What
 * was asked before the connection was made anew fails at once, instead of when its time is up.
 */
export function createNatsSource(nc: NatsConnection): LedgerSource {
  const watch = watchConnection(nc);
  return {
    settleMsMax: SETTLE_MS_MAX,
    count: () => ledgerHead(nc, watch.current()),
    load: async (index) => (await loadLedgerMessage(nc, index + 1, watch.current())).data,
    loadCheckpoint: async () => (await loadCheckpoint(nc, watch.current()))?.note ?? null,
    loadSealed: async () => {
      const current = watch.current();
      const { first } = await ledgerEnds(nc, current);
      if (first === 1) return null;
      const { data: seal } = await loadLedgerMessage(nc, first, current);
      return { seal, content: await decodeSealed(readSealedPieces(nc, first - 1, current)) };
    },
  };
}
