import { limits } from "@leix/protocol";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { createTestExchange, NOW, PATIENCE, type TestExchange } from "./exchange.testkit.ts";
import { openTestNode, type TestNode, WAIT_MS } from "./node.testkit.ts";
import type { AgencyNode } from "./node.ts";
import { createRequest } from "./party.testkit.ts";

vi.setConfig({ ...PATIENCE, testTimeout: 120_000 });

let exchange: TestExchange;
let sender: TestNode;
beforeAll(async () => {
  exchange = await createTestExchange();
  sender = await openTestNode(exchange, "AL-CUSTOMS");
});
afterAll(async () => {
  await sender[Symbol.asyncDispose]();
  await exchange[Symbol.asyncDispose]();
});

/** Without a purpose nobody may have it. */
function sendDenied() {
  const { purpose: _purpose, ...draft } = createRequest(["RS-FIU"]) as { purpose?: string };
  return sender.node.send(draft as Parameters<AgencyNode["send"]>[0]);
}

/** The node works as it does in the middle of its life, until something has happened. */
async function work<T>(until: () => Promise<T>): Promise<T> {
  const stopping = new AbortController();
  const running = sender.node.run(stopping.signal, { resendAll: false });
  const result = await until();
  stopping.abort();
  await running;
  return result;
}

test("what the exchange lets wait is said to wait, is not sent again, and is decided later", async () => {
  const { node, post, log } = sender;
  for (let i = 1; i < limits.REJECTIONS_PER_MINUTE_MAX; i++) await sendDenied();
  const last = await sendDenied();
  await work(() => node.waitForDecision(last.ref, WAIT_MS));
  const held = await sendDenied();
  const behind = await sendDenied();
  expect(node.archive.getSent(held.ref.id)).toMatchObject({ status: "received", isWaiting: true });
  expect(node.explain(behind.ref.id)).toMatchObject({ status: "received", isWaiting: true });
  expect(node.explain(last.ref.id).isWaiting).toBeUndefined();
  const waiting = node.archive.listSent().filter(({ isWaiting }) => isWaiting);
  expect(waiting.map(({ ref }) => ref.id)).toEqual([held.ref.id, behind.ref.id]);

  const sent = post.sent.length;
  exchange.nowMs = (NOW + 90) * 1_000;
  expect(await work(() => log.until("messages.waiting"))).toMatchObject({ until: NOW + 60 });
  expect(post.sent).toHaveLength(sent);

  exchange.nowMs = (NOW + 150) * 1_000;
  expect(node.archive.getSent(held.ref.id).isWaiting).toBeUndefined();
  await work(() => node.waitForDecision(behind.ref, WAIT_MS));
  expect(node.archive.getSent(held.ref.id)).toMatchObject({ status: "denied" });
  expect(post.sent).toHaveLength(sent + 2);
});
