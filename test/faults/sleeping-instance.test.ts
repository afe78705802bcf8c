import {
  checkExactlyOnce,
  type Fault,
  startFaultyPolicy,
  startPolicy,
  startTestExchange,
  type TestExchange,
  type TestProgram,
} from "@leix/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { NODES, RECOVERY_MS, sendMixed, startLoad } from "./load.ts";
import { hastenRedelivery } from "./redelivery.ts";

const PLACES: readonly Fault["at"][] = [
  "before record",
  "after record",
  "after delivery",
  "before acknowledgement",
];

let exchange: TestExchange;
beforeAll(async () => {
  exchange = await startTestExchange({ agencies: NODES });
  await exchange.wire("AL-SPOC");
  await exchange.running.service("policy").stop();
  await hastenRedelivery(exchange);
});
afterAll(() => exchange?.[Symbol.asyncDispose]());

/** A policy service that has fallen asleep at a place in its work, with five inputs in hand. */
async function startSleeper(at: Fault["at"]): Promise<TestProgram> {
  const { digests } = await sendMixed(exchange, `asleep ${at}`);
  const faults: Fault[] = [{ at, time: 1, what: "stop" }];
  const sleeper = await startFaultyPolicy(exchange, { faults, about: digests });
  await sleeper.untilSaid(`fault: ${at} 1 stop`);
  return sleeper;
}

test(
  "asleep at any step, an instance hinders nobody; woken much later, it harms nothing and goes on",
  async () => {
    await using started = new AsyncDisposableStack();
    const sleepers: TestProgram[] = [];
    for (const at of PLACES) sleepers.push(started.use(await startSleeper(at)));
    const awake = started.use(await startPolicy(exchange));
    expect(await checkExactlyOnce(exchange, RECOVERY_MS)).toEqual([]);

    // Woken in the middle of their rounds, all at once and under load: what they decided on is long past.
    const load = startLoad(exchange);
    for (const sleeper of sleepers) sleeper.resume();
    expect(await awake.stop()).toBe(0);
    await load.untilRecorded(30);
    await load.stop();
    expect(await checkExactlyOnce(exchange, RECOVERY_MS)).toEqual([]);
    for (const sleeper of sleepers) expect(await sleeper.stop()).toBe(0);
  },
  2 * RECOVERY_MS,
);
