import { checkExactlyOnce, startTestExchange, type TestExchange } from "@leix/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { NODES, RECOVERY_MS, startLoad } from "./load.ts";

let exchange: TestExchange;
beforeAll(async () => {
  exchange = await startTestExchange({ services: ["policy", "policy", "registry"], agencies: NODES });
});
afterAll(() => exchange?.[Symbol.asyncDispose]());

test(
  "of two policy services one is stopped in its work and woken, the other killed: all is done once",
  async () => {
    const { running } = exchange;
    const [one, other] = [running.service("policy"), running.service("policy-2")];
    const load = startLoad(exchange);
    await load.untilRecorded(10);
    one.pause();
    await load.untilRecorded(30);
    one.resume();
    await load.untilRecorded(10);
    await other.kill();
    await load.untilRecorded(10);
    await load.stop();
    expect(await checkExactlyOnce(exchange, RECOVERY_MS)).toEqual([]);
    expect([one.restarts, other.restarts]).toEqual([0, 1]);
  },
  3 * RECOVERY_MS,
);
