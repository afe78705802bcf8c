import { commitBatch, ledgerHead, readLedger } from "@leix/broker";
import type { StoreReader } from "@leix/ledger-store";
import { LeixError, limits } from "@leix/protocol";
import type { PartyConnection } from "@leix/runtime";
import { type CompactRange, createRange } from "@leix/tlog";
import { appendRecord, type Message, readMessages, verifyRoot } from "./restore-proof.ts";

/** Records that are appended together: as many as the policy service records in a full round. */
const BATCH_RECORDS = 256;
const ATTEMPTS_MAX = 5;

/**
 * Appends the store's records after the first `begin`, each in its own place. A crash leaves whole batches:
 * the next run goes on after them. Throws `broker/head-moved` where somebody else writes.
 */
export async function fillLedger(
  nc: PartyConnection,
  reader: StoreReader,
  begin: number,
  onProgress: (records: number) => void,
): Promise<void> {
  let head = begin;
  for await (const batch of toBatches(readMessages(reader, begin))) {
    await append(nc, batch, head);
    head += batch.length;
    onProgress(head);
  }
}

/**
 * Reads LEDGER to its end and makes its tree, from that of what is before it. Throws `ledger/root-differs`,
 * `ledger/rolled-back`.
 */
export async function verifyLedger(
  nc: PartyConnection,
  reader: StoreReader,
  onProgress: (records: number) => void,
  begin: CompactRange = createRange(),
): Promise<void> {
  let range = begin;
  for await (const { data } of readLedger(nc, begin.end + 1)) {
    range = appendRecord(range, data);
    onProgress(range.end);
  }
  verifyRoot(range, reader, "LEDGER");
}

/** A batch whose answer was lost is there or not: the head tells. */
async function append(nc: PartyConnection, batch: readonly Message[], head: number): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await commitBatch(nc, batch, { expectedLastSequence: head });
      return;
    } catch (error) {
      const isUnknown = error instanceof LeixError && error.code === "broker/not-acknowledged";
      const isThere = error instanceof LeixError && error.code === "broker/head-moved" && attempt > 1;
      if (isThere && (await ledgerHead(nc)) === head + batch.length) return;
      if (!isUnknown || attempt === ATTEMPTS_MAX) throw error;
    }
  }
}

async function* toBatches(messages: AsyncIterable<Message>): AsyncGenerator<Message[], void> {
  let [batch, bytes]: [Message[], number] = [[], 0];
  for await (const message of messages) {
    const isFull =
      batch.length === BATCH_RECORDS || bytes + message.data.length > limits.SHARED_BATCH_BYTES_MAX;
    if (isFull && batch.length > 0) {
      yield batch;
      [batch, bytes] = [[], 0];
    }
    batch.push(message);
    bytes += message.data.length;
  }
  if (batch.length > 0) yield batch;
}
