import { checkExactlyOnce, startTestExchange, type TestExchange } from "@leix/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { NODES, RECOVERY_MS, startLoad } from "./load.ts";

const KILLS = 4;

let exchange: TestExchange;
beforeAll(async () => {
  exchange = await startTestExchange({ agencies: NODES });
});
afterAll(() => exchange?.[Symbol.asyncDispose]());

test(
  "killed under load and started on its store, again and again, the broker loses nothing it acknowledged",
  async () => {
    const load = startLoad(exchange);
    for (let i = 0; i < KILLS; i++) {
      await load.untilRecorded(10);
      await exchange.broker.kill();
      await exchange.broker.start();
    }
    await load.untilRecorded(10);
    expect(await load.stop()).toBeGreaterThan(KILLS);
    expect(await checkExactlyOnce(exchange, RECOVERY_MS)).toEqual([]);
    expect(exchange.running.service("policy").restarts).toBe(0);
  },
  3 * RECOVERY_MS,
);
