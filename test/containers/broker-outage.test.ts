import { checkExactlyOnce, createRequest, startTestExchange, type TestExchange } from "@leix/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { NODES, RECOVERY_MS, startLoad } from "../faults/load.ts";

let exchange: TestExchange;
beforeAll(async () => {
  exchange = await startTestExchange({ agencies: NODES });
});
afterAll(() => exchange?.[Symbol.asyncDispose]());

test("the broker of this suite runs in a container", () => {
  expect(exchange.broker.place).toBe("container");
});

test(
  "frozen and thawed, the broker finds everyone as they were; what was sent meanwhile is sent again",
  async () => {
    await exchange.broker.pause();
    const { ref, status } = await exchange
      .node("AL-CUSTOMS")
      .node.send(createRequest(["RS-FIU"], "into a frozen broker"));
    expect(status).toBe("stored");
    await exchange.broker.resume();
    const sent = await exchange.node("AL-CUSTOMS").node.waitForDecision(ref, RECOVERY_MS);
    expect(sent.status).toBe("permitted");
    expect(await checkExactlyOnce(exchange, RECOVERY_MS)).toEqual([]);
  },
  2 * RECOVERY_MS,
);

test(
  "killed under load and started again, the container has kept its store",
  async () => {
    const load = startLoad(exchange);
    for (let i = 0; i < 2; i++) {
      await load.untilRecorded(10);
      await exchange.broker.kill();
      await exchange.broker.start();
    }
    await load.untilRecorded(10);
    await load.stop();
    expect(await checkExactlyOnce(exchange, RECOVERY_MS)).toEqual([]);
  },
  3 * RECOVERY_MS,
);
