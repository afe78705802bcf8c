import { commitBatch, ledgerHead, readLedger } from "@leix/broker";
import type { NatsConnection } from "@nats-io/transport-node";
import type { Ledger } from "./ports.ts";

/** LEDGER as the port. Record `n` has sequence `n + 1`, so the head's index is the last sequence. */
export function createNatsLedger(nc: NatsConnection): Ledger {
  return {
    count: () => ledgerHead(nc),
    async *read(index) {
      for await (const message of readLedger(nc, index + 1)) yield message.data;
    },
    async append(records, head) {
      const messages = records.map(({ subject, record }) => ({ subject, data: record }));
      await commitBatch(nc, messages, { expectedLastSequence: head });
    },
  };
}
