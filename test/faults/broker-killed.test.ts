import { checkExactlyOnce, startTestExchange, type TestExchange, waitUntil } from "@leix/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { NODES, sendSteadily } from "./load.ts";

/** What was in the services' hands comes back from OUT after half a minute. */
const PATIENCE_MS = 180_000;
const KILLS = 3;

let exchange: TestExchange;
beforeAll(async () => {
  exchange = await startTestExchange({ agencies: NODES });
});
afterAll(() => exchange?.[Symbol.asyncDispose]());

/** Waits until so many more records are in the ledger: there is work in every hand. */
async function untilMore(records: number): Promise<void> {
  // The connection that counts was cut off as well, and may still be on its way back.
  const count = () => exchange.countMessages("ledger").catch(() => undefined);
  const before = await waitUntil("the broker's answer", count, PATIENCE_MS);
  const look = async () => ((await count()) ?? 0) >= before + records;
  await waitUntil(`${records} more records`, look, PATIENCE_MS);
}

test(
  "killed under load and started on its store, again and again, the broker loses nothing it acknowledged",
  async () => {
    const load = sendSteadily(exchange, 10);
    for (let i = 0; i < KILLS; i++) {
      await untilMore(6);
      await exchange.broker.kill();
      await exchange.broker.start();
    }
    const refs = await load;
    for (const ref of refs) await exchange.node(ref.iss).untilDecided(ref);
    expect(await checkExactlyOnce(exchange, PATIENCE_MS)).toEqual([]);
  },
  2 * PATIENCE_MS,
);
