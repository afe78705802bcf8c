import { limits } from "@leix/protocol";
import { startTestBroker, type TestBroker, type TestConnection } from "@leix/testkit";
import { headers } from "@nats-io/transport-node";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type BatchMessage, commitBatch, publishOnce } from "./atomic-batch.ts";
import { watchConnection } from "./connection-watch.ts";
import { ledgerHead, readLedger } from "./ledger-reader.ts";

let broker: TestBroker;
let nc: TestConnection;
let head = 0;
let batches = 0;
beforeAll(async () => {
  broker = await startTestBroker();
  nc = await broker.connect("policy");
});
beforeEach(async () => {
  head = await ledgerHead(nc);
});
afterAll(() => broker[Symbol.asyncDispose]());

/** New subjects, or the ones named. */
function toBatch(count: number, bytes = 10): BatchMessage[] {
  const batch = ++batches;
  const data = new Uint8Array(bytes).fill(batch);
  return Array.from({ length: count }, (_, i) => ({ subject: `leix.ledger.event.${batch}-${i}`, data }));
}

function commit(messages: BatchMessage[], expectedLastSequence = head) {
  return commitBatch(nc, messages, { expectedLastSequence });
}

describe("commitBatch", () => {
  it.each([1, 2, limits.BATCH_RECORDS_MAX])("stores a batch of %i in consecutive places", async (count) => {
    const messages = toBatch(count);
    const committed = await commit(messages);
    expect(committed).toEqual({ firstSequence: head + 1, lastSequence: head + count });
    const subjects = [];
    for await (const message of readLedger(nc, head + 1)) subjects.push(message.subject);
    expect(subjects).toEqual(messages.map(({ subject }) => subject));
  });

  it.each([-1, 1, 1_000])("stores nothing when the head is %i off", async (off) => {
    await commit(toBatch(1));
    const stale = commit(toBatch(3), head + 1 + off);
    await expect(stale).rejects.toMatchObject({ code: "broker/head-moved" });
    expect(await ledgerHead(nc)).toBe(head + 1);
  });

  it("stores nothing when one subject was used before", async () => {
    const [used] = toBatch(1);
    await commit([used as BatchMessage]);
    const batch = [...toBatch(2), used as BatchMessage, ...toBatch(2)];
    await expect(commit(batch, head + 1)).rejects.toMatchObject({ code: "broker/subject-used" });
    expect(await ledgerHead(nc)).toBe(head + 1);
  });

  it("stores nothing when one subject is there twice", async () => {
    const [twice, other] = toBatch(2) as [BatchMessage, BatchMessage];
    await expect(commit([twice, other, twice])).rejects.toMatchObject({ code: "broker/subject-used" });
    expect(await ledgerHead(nc)).toBe(head);
  });

  it("tells a stale head first, so that a repetition is recognised by it", async () => {
    const messages = toBatch(2);
    await commit(messages);
    await expect(commit(messages)).rejects.toMatchObject({ code: "broker/head-moved" });
    await expect(commit(messages, head + 2)).rejects.toMatchObject({ code: "broker/subject-used" });
  });

  it("does not try more than a batch may have", async () => {
    await expect(commit(toBatch(limits.BATCH_RECORDS_MAX + 1))).rejects.toThrow("invariant");
    await expect(commit([])).rejects.toThrow("invariant");
    const part = new Uint8Array(limits.BATCH_BYTES_MAX / 100 + 1);
    const large = toBatch(100).map(({ subject }) => ({ subject, data: part }));
    await expect(commit(large)).rejects.toThrow("invariant");
    expect(await ledgerHead(nc)).toBe(head);
  });

  it("is refused by the server itself above 1,000, should the invariant ever go", async () => {
    const answer = await sendRaw(toBatch(limits.BATCH_RECORDS_MAX + 1));
    expect(answer).toMatchObject({ error: { err_code: 10199 } });
    expect(await ledgerHead(nc)).toBe(head);
  });

  it("stores the largest batch there can be: every copy of the largest message", async () => {
    const data = new Uint8Array(limits.MESSAGE_BYTES_MAX);
    const messages = Array.from({ length: limits.RECIPIENTS_MAX }, (_, i) => ({
      subject: `leix.in.large.${i}`,
      data,
    }));
    const committed = await commitBatch(nc, messages, { timeoutMs: 60_000 });
    expect(committed.lastSequence - committed.firstSequence).toBe(limits.RECIPIENTS_MAX - 1);
  });

  it("gives the server's own code for everything else", async () => {
    const large = toBatch(2, limits.RECORD_BYTES_MAX + limits.COPY_OVERHEAD_BYTES_MAX + 1);
    await expect(commit(large)).rejects.toMatchObject({
      code: "broker/refused",
      detail: expect.stringContaining("10054"),
    });
    expect(await ledgerHead(nc)).toBe(head);
  });

  it("stores nothing of a batch that lost a part on the way, which can be repeated", async () => {
    const [first, last] = toBatch(2) as [BatchMessage, BatchMessage];
    const split = [first, { subject: `leix.in.x.${batches}`, data: last.data }];
    await expect(commitBatch(nc, split)).rejects.toMatchObject({ code: "broker/not-acknowledged" });
    expect(await ledgerHead(nc)).toBe(head);
  });

  it("is refused where the user may not write", async () => {
    await using auditor = await broker.connect("auditor");
    await expect(commitBatch(auditor, toBatch(1))).rejects.toMatchObject({ code: "broker/refused" });
    await expect(commitBatch(auditor, toBatch(3))).rejects.toMatchObject({ code: "broker/refused" });
    expect(await ledgerHead(nc)).toBe(head);
  });

  it("does not know when no answer comes; the repetition does", async () => {
    const messages = toBatch(5);
    await broker.pause(nc);
    const committing = commitBatch(nc, messages, { expectedLastSequence: head, timeoutMs: 200 });
    const outcome = await committing.catch((error: unknown) => error);
    broker.server.resume();
    expect(outcome).toMatchObject({ code: "broker/not-acknowledged" });
    // The answer was lost, the batch was not: a paused server had it in its socket.
    await expect.poll(() => ledgerHead(nc)).toBe(head + 5);
    await expect(commit(messages)).rejects.toMatchObject({ code: "broker/head-moved" });
  });

  it("gives up waiting as soon as the connection was made anew", async () => {
    const watch = watchConnection(nc);
    await broker.kill();
    const options = { expectedLastSequence: head, timeoutMs: 60_000, signal: watch.current() };
    const committing = commitBatch(nc, toBatch(3), options).catch((error: unknown) => error);
    await broker.restart();
    expect(await committing).toMatchObject({ code: "broker/not-acknowledged" });
    watch.close();
    expect(await ledgerHead(nc)).toBe(head);
  });
});

describe("publishOnce", () => {
  it("stores in a stream without batches, once", async () => {
    const message = { subject: "leix.quarantine.A.x", data: new Uint8Array(3) };
    expect(await publishOnce(nc, message)).toBe(1);
    await expect(publishOnce(nc, message)).rejects.toMatchObject({ code: "broker/subject-used" });
    await expect(commitBatch(nc, [message])).rejects.toMatchObject({
      code: "broker/refused",
      detail: expect.stringContaining("10174"),
    });
  });
});

async function sendRaw(messages: readonly BatchMessage[]): Promise<unknown> {
  let answer: unknown;
  for (const [index, { subject, data }] of messages.entries()) {
    const fields = headers();
    fields.set("Nats-Batch-Id", "raw");
    fields.set("Nats-Batch-Sequence", String(index + 1));
    if (index < messages.length - 1) {
      nc.publish(subject, data, { headers: fields });
    } else {
      fields.set("Nats-Batch-Commit", "1");
      answer = (await nc.request(subject, data, { headers: fields, timeout: 5_000 })).json();
    }
  }
  return answer;
}
