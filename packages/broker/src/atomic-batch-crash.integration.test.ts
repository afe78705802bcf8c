import { startTestBroker, type TestBroker } from "@leix/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { commitBatch } from "./atomic-batch.ts";
import { ledgerHead, readLedger } from "./ledger-reader.ts";

let broker: TestBroker;
beforeEach(async () => {
  broker = await startTestBroker();
});
afterEach(() => broker[Symbol.asyncDispose]());

const BATCH = 500;
const BATCHES = 8;

/** Kills the server once so many publications were seen; returns which batches were acknowledged. */
async function commitUntilKilled(round: number, killAfter: number): Promise<number[]> {
  const nc = await broker.connect("policy");
  const observer = await broker.connect("auditor");
  const killed = Promise.withResolvers<void>();
  let seen = 0;
  observer.subscribe("leix.ledger.>", {
    callback: () => {
      if (++seen === killAfter) killed.resolve(broker.kill());
    },
  });
  await observer.flush();
  const acknowledged: number[] = [];
  const data = new Uint8Array(2_000).fill(round);
  const committing = Array.from({ length: BATCHES }, async (_, batch) => {
    const messages = Array.from({ length: BATCH }, (_, i) => ({
      subject: `leix.ledger.event.${round}-${batch}-${i}`,
      data,
    }));
    await commitBatch(nc, messages, { timeoutMs: 2_000 });
    acknowledged.push(batch);
  });
  await killed.promise;
  await Promise.all([nc.close(), observer.close()]);
  await Promise.allSettled(committing);
  return acknowledged;
}

describe("a server that is killed while it stores batches", () => {
  // Where the kill falls: within the first batch, between batches, within a later one.
  it.each([200, 499, 500, 501, 1_250, 2_750, 3_999])(
    "has each batch whole or not at all, and all that was acknowledged (killed after %i)",
    async (killAfter) => {
      const acknowledged = await commitUntilKilled(killAfter, killAfter);
      await broker.restart();
      const nc = await broker.connect("policy");
      const found = new Map<number, number>();
      let last = 0;
      for await (const { subject, sequence } of readLedger(nc, 1)) {
        const batch = Number(subject.split("-")[1]);
        found.set(batch, (found.get(batch) ?? 0) + 1);
        last = sequence;
      }
      expect([...found.values()]).toEqual(Array(found.size).fill(BATCH));
      for (const batch of acknowledged) expect(found.get(batch)).toBe(BATCH);
      expect(await ledgerHead(nc)).toBe(last);
      expect(
        await commitBatch(nc, [{ subject: "leix.ledger.event.after", data: new Uint8Array(1) }], {
          expectedLastSequence: last,
        }),
      ).toEqual({ firstSequence: last + 1, lastSequence: last + 1 });
    },
  );
});
