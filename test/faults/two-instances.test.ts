import { checkExactlyOnce, startTestExchange, type TestExchange, waitUntil } from "@leix/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { NODES, sendSteadily } from "./load.ts";

/** What a stopped instance holds goes to the other after half a minute. */
const PATIENCE_MS = 180_000;

let exchange: TestExchange;
beforeAll(async () => {
  exchange = await startTestExchange({ services: ["policy", "policy", "registry"], agencies: NODES });
});
afterAll(() => exchange?.[Symbol.asyncDispose]());

async function untilMore(records: number): Promise<void> {
  const before = await exchange.countMessages("ledger");
  const look = async () => (await exchange.countMessages("ledger")) >= before + records;
  await waitUntil(`${records} more records`, look, PATIENCE_MS);
}

test(
  "of two policy services one is stopped in its work and woken, the other killed: all is done once",
  async () => {
    const { running } = exchange;
    const load = sendSteadily(exchange, 12);
    await untilMore(4);
    running.service("policy").pause();
    await untilMore(10);
    running.service("policy").resume();
    await untilMore(4);
    await running.service("policy-2").kill();
    const refs = await load;
    for (const ref of refs) await exchange.node(ref.iss).untilDecided(ref);
    expect(await checkExactlyOnce(exchange, PATIENCE_MS)).toEqual([]);
    expect(running.service("policy-2").restarts).toBeGreaterThan(0);
  },
  2 * PATIENCE_MS,
);
