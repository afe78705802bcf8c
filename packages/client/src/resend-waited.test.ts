import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { type AgencyName, createTestExchange, PATIENCE, type TestExchange } from "./exchange.testkit.ts";
import { countAcknowledgements, emptyInboxes, openTestNode, type TestNode, WAIT_MS } from "./node.testkit.ts";
import { createRequest } from "./party.testkit.ts";
import { resendWaited } from "./resend-waited.ts";
import { openStore } from "./store.ts";

vi.setConfig(PATIENCE);

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** What is still kept to be sent again. */
const listKept = (store: ReturnType<typeof openStore>) =>
  store.waited.listDue(Number.MAX_SAFE_INTEGER, exchange.nowMs, 0);
let exchange: TestExchange;
beforeAll(async () => {
  exchange = await createTestExchange();
});
afterAll(() => exchange[Symbol.asyncDispose]());
beforeEach(() => emptyInboxes(exchange));

const openNode = (agency: AgencyName, folder?: string) =>
  openTestNode(exchange, agency, folder ? { folder } : {});

/** A request that is let through, whose copies the broker then loses. */
async function sendAndLose(sender: TestNode) {
  void sender.start();
  const { ref } = await sender.node.send(createRequest(["RS-FIU"]));
  expect(await sender.node.waitForDecision(ref, WAIT_MS)).toMatchObject({ status: "permitted" });
  emptyInboxes(exchange);
  return ref;
}

describe("what was let through and not acknowledged", () => {
  test("is sent again at the next start, and then arrives, once", async () => {
    const sender = await openNode("AL-CUSTOMS");
    const ref = await sendAndLose(sender);
    await sender.stop();
    await using again = await openNode("AL-CUSTOMS", sender.folder);
    await using receiver = await openNode("RS-FIU");
    void receiver.start();
    void again.start();
    await receiver.log.until("message.received", ({ messageId }) => messageId === ref.id);
    await again.log.until("message.received", ({ messageKind }) => messageKind === "acknowledgement");
    // As it came a second time, which changes nothing.
    await again.post.send(again.post.sent.find((bytes) => bytes.byteLength > 1_000) ?? new Uint8Array());
    expect(receiver.node.archive.listReceived()).toHaveLength(1);
    expect(countAcknowledgements(exchange, ref.id, "RS-FIU")).toBe(1);
  });

  test("keeps its bytes until everyone has acknowledged it, and shows them to nobody", async () => {
    await using sender = await openNode("AL-CUSTOMS");
    await using receiver = await openNode("RS-FIU");
    await using contacts = await openNode("RS-SPOC");
    await using own = await openNode("AL-SPOC");
    const ref = await sendAndLose(sender);
    using store = openStore(`${sender.folder}/node.sqlite`);
    expect(listKept(store)).toEqual([ref.id]);
    expect(sender.node.archive.listHeld(1, 1)[0]).not.toHaveProperty("input");
    for (const one of [receiver, contacts, own]) void one.start();
    await resendLost(sender, store, exchange.nowMs);
    const acknowledged = () => sender.node.archive.listAcknowledgements(ref).length;
    await vi.waitUntil(() => acknowledged() === 3, WAIT_MS);
    expect(listKept(store)).toEqual([]);
    expect(store.outbox.getEnvelope(ref.id)).toBeUndefined();
  });
});

/** How many are sent again after so long, where the broker may have lost what it had by then. */
async function resendLost(
  { post }: Pick<TestNode, "post">,
  store: ReturnType<typeof openStore>,
  lostBeforeMs: number,
  afterMs = 0,
): Promise<number> {
  const before = post.sent.length;
  const clock = () => exchange.nowMs + afterMs;
  await resendWaited(lostBeforeMs, { store, post, clock, onEvent: () => undefined });
  return post.sent.length - before;
}

describe("when", () => {
  test("what may be lost at once, once; else after doubling hours; at last no more", async () => {
    await using sender = await openNode("AL-CUSTOMS");
    await sendAndLose(sender);
    await sender.stop();
    using store = openStore(`${sender.folder}/node.sqlite`);
    const count = (lostAfterMs: number, afterMs: number) =>
      resendLost(sender, store, exchange.nowMs + lostAfterMs, afterMs);
    expect(await count(-1, 60_000)).toBe(0);
    expect(await count(0, 60_000)).toBe(1);
    expect(await count(0, 60_001)).toBe(0);
    const hours: number[] = [];
    for (let hour = 0; hour <= 48; hour++)
      if ((await count(0, hour * HOUR_MS + 61_000)) > 0) hours.push(hour);
    expect(hours).toEqual([1, 3, 7, 15, 31]);
    expect(await count(31 * DAY_MS, 31 * DAY_MS)).toBe(0);
    expect(listKept(store)).toEqual([]);
  });

  test("what is in its way only puts it off, and keeps nothing that is over", async () => {
    await using sender = await openNode("AL-CUSTOMS");
    const ref = await sendAndLose(sender);
    const deleteBy = Math.floor(exchange.nowMs / 1_000) + DAY_MS / 1_000;
    const over = await sender.node.send(createRequest(["RS-FIU"], { deleteBy }));
    expect(await sender.node.waitForDecision(over.ref, WAIT_MS)).toMatchObject({ status: "permitted" });
    await sender.stop();
    using store = openStore(`${sender.folder}/node.sqlite`);
    expect(listKept(store)).toEqual([ref.id, over.ref.id]);
    sender.post.sendFaults.push({ code: "broker/backlog-full", arrives: false });
    const lostBeforeMs = exchange.nowMs + DAY_MS;
    expect([await resendLost(sender, store, lostBeforeMs, DAY_MS), sender.post.sendFaults]).toEqual([0, []]);
    expect(listKept(store)).toEqual([ref.id]);
    expect(await resendLost(sender, store, lostBeforeMs, DAY_MS + 1)).toBe(1);
    expect(await resendLost(sender, store, lostBeforeMs, DAY_MS + 2)).toBe(0);
  });
});
