import {
  checkExactlyOnce,
  createRequest,
  startAgency,
  startDeafProxy,
  startTestExchange,
  type TestExchange,
  waitUntil,
} from "@leix/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RECOVERY_MS } from "./load.ts";
import { hastenRedelivery } from "./redelivery.ts";

const KILLS = 3;

let exchange: TestExchange;
beforeAll(async () => {
  exchange = await startTestExchange({ agencies: ["AL-CUSTOMS", "ME-SPOC"] });
  await hastenRedelivery(exchange);
});
afterAll(() => exchange?.[Symbol.asyncDispose]());

const send = async (from: string, text: string) => {
  return (await exchange.node(from).node.send(createRequest(["RS-FIU"], text))).ref;
};

test(
  "killed between its store and the broker's knowledge of it, and at work, a node loses nothing",
  async () => {
    {
      await using proxy = await startDeafProxy(exchange.broker.natsUrl);
      await using agency = await startAgency(exchange, "RS-FIU", proxy.natsUrl);
      await exchange.node("AL-CUSTOMS").untilAcknowledged(await send("AL-CUSTOMS", "heard"), 1);
      // Also that the answer to its acknowledgement is with it, the broker has heard.
      await waitUntil("nothing waits", async () => (await exchange.countWaiting(["RS-FIU"])) === 0);
      proxy.turnDeaf();
      const { id } = await send("AL-CUSTOMS", "unheard");
      await agency.untilSaid(`"event":"message.received","messageId":"${id}"`);
      await agency.kill();
    }
    // In the node's store, and in the broker's, which cannot know of that.
    expect(await exchange.countWaiting(["RS-FIU"])).toBe(1);
    for (let i = 0; i < KILLS; i++) {
      await using agency = await startAgency(exchange, "RS-FIU");
      await Promise.all(["AL-CUSTOMS", "ME-SPOC"].map((from) => send(from, `in its life ${i}`)));
      await agency.untilSaid('"event":"message.received"');
      await agency.kill();
    }
    const again = await exchange.startNode("RS-FIU");
    expect(await checkExactlyOnce(exchange, RECOVERY_MS)).toEqual([]);
    expect(again.node.archive.listReceived()).toHaveLength(2 + 2 * KILLS);
  },
  2 * RECOVERY_MS,
);
