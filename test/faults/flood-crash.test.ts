import { type Digest, limits, toDigest } from "@leix/protocol";
import {
  checkExactlyOnce,
  type Fault,
  findLastFault,
  type PartyWire,
  startFaultyPolicy,
  startTestExchange,
  type TestExchange,
  waitUntil,
} from "@leix/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RECOVERY_MS } from "./load.ts";
import { hastenRedelivery } from "./redelivery.ts";

/**
 * The policy service dies around a summary, each time over other garbage, and the next one takes over. A
 * minute takes twelve seconds; the broker gives again what was in hand after six, also to who still has it.
 */
let exchange: TestExchange;
let wire: PartyWire;
const hurry = { sinceMs: Date.now(), times: 5 };
const sent: Digest[] = [];
beforeAll(async () => {
  exchange = await startTestExchange();
  wire = await exchange.wire("AL-SPOC");
  await exchange.running.service("policy").stop();
  await hastenRedelivery(exchange);
});
afterAll(() => exchange?.[Symbol.asyncDispose]());

/** More than two minutes may have: wherever one ends among it, one of the two is full. */
async function flood(name: string): Promise<void> {
  for (let i = 0; i < 2 * limits.REJECTIONS_PER_MINUTE_MAX + 12; i++) {
    const bytes = Buffer.from(`garbage ${name} ${i}`);
    sent.push(toDigest(bytes));
    await wire.publishUnchecked(bytes);
  }
}

const countFloods = async () => (await exchange.records()).filter(({ kind }) => kind === "flood").length;
const kill = (at: Fault["at"]): Fault => ({ at, time: 1, what: "kill" });
const lose = (at: Fault["at"]): Fault => ({ at, time: 1, what: "lost answer" });

describe("over a summary the policy service", () => {
  test.each([
    { name: "dies before it records", fault: kill("before record"), recorded: 0 },
    { name: "dies after it recorded", fault: kill("after record"), recorded: 1 },
    { name: "dies after it routed", fault: kill("after delivery"), recorded: 1 },
    { name: "dies as it acknowledges", fault: kill("before acknowledgement"), recorded: 1 },
  ])(
    "$name",
    async ({ name, fault, recorded }) => {
      const before = await countFloods();
      await flood(name);
      await using policy = await startFaultyPolicy(exchange, { faults: [fault], fromFlood: true, hurry });
      expect(await policy.ended).toBe("SIGKILL");
      expect(findLastFault(policy)).toBe(`${fault.at} 1 kill`);
      expect((await countFloods()) - before).toBe(recorded);
    },
    RECOVERY_MS,
  );

  test.each([
    { name: "hears no answer, and it is recorded", fault: lose("after record") },
    { name: "hears no answer, and it is not", fault: lose("before record") },
  ])(
    "$name",
    async ({ name, fault }) => {
      const before = await countFloods();
      await flood(name);
      await using policy = await startFaultyPolicy(exchange, { faults: [fault], fromFlood: true, hurry });
      await policy.untilSaid(`fault: ${fault.at} 1 lost answer`);
      await waitUntil(
        "a summary",
        async () => ((await countFloods()) > before ? true : undefined),
        RECOVERY_MS,
      );
      expect(await policy.stop()).toBe(0);
    },
    RECOVERY_MS,
  );
});

test(
  "whoever takes over rejects each once, and answers all",
  async () => {
    await using _policy = await startFaultyPolicy(exchange, { faults: [], hurry });
    const isAnswered = (digest: Digest) => wire.answers.some(({ id }) => id === digest);
    await waitUntil("all answers", () => sent.every(isAnswered) || undefined, RECOVERY_MS);
    expect(await checkExactlyOnce(exchange, RECOVERY_MS)).toEqual([]);
  },
  RECOVERY_MS,
);
