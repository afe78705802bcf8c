import { limits } from "@leix/protocol";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { createBell } from "./bell.ts";
import { createTestExchange, PATIENCE, type TestExchange } from "./exchange.testkit.ts";
import { emptyInboxes, openTestNode, WAIT_MS } from "./node.testkit.ts";
import { createRequest } from "./party.testkit.ts";
import { keepUp } from "./run-node.ts";
import { openStore, type Store } from "./store.ts";

vi.setConfig(PATIENCE);

/** A node looks after what it has sent whenever so long has passed. */
const LOOK_MS = 30_000;
let exchange: TestExchange;
beforeAll(async () => {
  exchange = await createTestExchange();
});
afterAll(() => exchange[Symbol.asyncDispose]());
beforeEach(() => emptyInboxes(exchange));
afterEach(() => vi.useRealTimers());

/** A node in the middle of its life, one of whose messages was let through and then lost by the broker. */
async function start() {
  const sender = await openTestNode(exchange, "AL-CUSTOMS");
  void sender.start();
  const { ref } = await sender.node.send(createRequest(["RS-FIU"]));
  await sender.node.waitForDecision(ref, WAIT_MS);
  await sender.stop();
  const opened = openStore(`${sender.folder}/node.sqlite`);
  const { decision } = opened.outbox.get(ref.id) ?? {};
  const refused = Array.from({ length: limits.REJECTIONS_PER_MINUTE_MAX }, () => decision ?? "");
  const { post } = sender;
  const scene = { nowMs: exchange.nowMs, isHeld: false };
  const outbox = { ...opened.outbox, listRefused: () => (scene.isHeld ? refused : []) };
  const store: Store = { ...opened, outbox, [Symbol.dispose]: () => opened[Symbol.dispose]() };
  const reconnected = createBell();
  let looked = Promise.withResolvers<void>();
  const stopping = new AbortController();
  const running = keepUp(
    {
      ...{ store, post, reconnected, clock: () => scene.nowMs, onEvent: () => undefined },
      membership: { refresh: async () => 0, count: 1 } as never,
      changed() {
        looked.resolve();
        looked = Promise.withResolvers();
      },
    },
    stopping.signal,
    false,
  );
  const count = async (wake: () => unknown): Promise<number> => {
    const before = post.sent.length;
    const { promise } = looked;
    wake();
    await promise;
    return post.sent.length - before;
  };
  return Object.assign(scene, {
    post,
    /** How many are sent again when the broker is back; and when only time has passed. */
    back: () => count(() => reconnected.ring()),
    later: () => count(() => vi.advanceTimersByTime(LOOK_MS)),
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await running;
      store[Symbol.dispose]();
    },
  });
}

test("what was let through is sent again when the broker is back, a minute after it had it", async () => {
  await using node = await start();
  node.nowMs += 59_999;
  expect(await node.back()).toBe(0);
  node.nowMs += 1;
  expect(await node.back()).toBe(1);
  expect(await node.back()).toBe(0);
});

test.each(["a broker that fails once more", "the exchange, which lets the others wait"])(
  "%s only puts that off",
  async (what) => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    await using node = await start();
    node.nowMs += 60_000;
    node.isHeld = what.startsWith("the exchange");
    if (!node.isHeld) node.post.sendFaults.push({ code: "broker/backlog-full", arrives: false });
    expect(await node.back()).toBe(0);
    node.isHeld = false;
    expect(await node.later()).toBe(1);
    expect(await node.later()).toBe(0);
  },
);
