import { commitBatch, findLedgerSequence, readLedger, watchConnection } from "@leix/broker";
import { createNatsSource } from "@leix/seen-ledger";
import type { NatsConnection } from "@nats-io/transport-node";
import type { Ledger } from "./ports.ts";

/**
 * LEDGER as the port. Record `n` has sequence `n + 1`, so the head's index is the last sequence. What was
 * asked before the connection was made anew fails at once, instead of when its time is up.
 */
export function createNatsLedger(nc: NatsConnection): Ledger {
  const watch = watchConnection(nc);
  return {
    ...createNatsSource(nc),
    connection: () => watch.current(),
    async *read(index) {
      for await (const message of readLedger(nc, index + 1, watch.current())) yield message.data;
    },
    async find(subject) {
      const sequence = await findLedgerSequence(nc, subject, watch.current());
      return sequence === undefined ? undefined : sequence - 1;
    },
    async append(records, head) {
      const messages = records.map(({ subject, record }) => ({ subject, data: record }));
      await commitBatch(nc, messages, { expectedLastSequence: head, signal: watch.current() });
    },
  };
}
