import {
  checkExactlyOnce,
  type Fault,
  findLastFault,
  startFaultyPolicy,
  startPolicy,
  startTestExchange,
  type TestExchange,
} from "@leix/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { countRecorded, type MixedLoad, NODES, RECOVERY_MS, sendLarge, sendMixed } from "./load.ts";
import { hastenRedelivery } from "./redelivery.ts";

/**
 * The crash table of the design: the policy service is killed at every step, each time over other inputs that
 * it has in hand, and the next one takes over. What was in hand comes back after seconds, which is when the
 * last one mends all of it: it is looked at once, at the end.
 */
let exchange: TestExchange;
beforeAll(async () => {
  exchange = await startTestExchange({ agencies: NODES });
  await exchange.wire("AL-SPOC");
  await exchange.running.service("policy").stop();
  await hastenRedelivery(exchange);
});
afterAll(() => exchange?.[Symbol.asyncDispose]());

const loads = new Map<string, MixedLoad>();

const kill = (at: Fault["at"], time = 1): Fault => ({ at, time, what: "kill" });
const lose = (at: Fault["at"], time = 1): Fault => ({ at, time, what: "lost answer" });

describe("the policy service dies", () => {
  test.each([
    { name: "before it records", fault: kill("before record"), recorded: 0 },
    { name: "after it recorded, before it routes", fault: kill("after record"), recorded: 5 },
    { name: "after it routed, before it acknowledges", fault: kill("after delivery"), recorded: 5 },
    { name: "in the middle of acknowledging", fault: kill("before acknowledgement", 3), recorded: 5 },
    { name: "after it acknowledged", fault: kill("after acknowledgement"), recorded: 5 },
  ])("$name", async ({ name, fault, recorded }) => {
    const load = await sendMixed(exchange, name);
    loads.set(name, load);
    await using policy = await startFaultyPolicy(exchange, { faults: [fault], about: load.digests });
    expect(await policy.ended).toBe("SIGKILL");
    expect(findLastFault(policy)).toBe(`${fault.at} ${fault.time} kill`);
    expect(await countRecorded(exchange, load.digests)).toBe(recorded);
  });

  test("between two batches of deliveries", async () => {
    const digests = await sendLarge(exchange);
    await using policy = await startFaultyPolicy(exchange, {
      faults: [kill("after delivery", 2)],
      about: digests,
    });
    expect(await policy.ended).toBe("SIGKILL");
    expect(findLastFault(policy)).toBe("after delivery 2 kill");
    expect(await countRecorded(exchange, digests)).toBe(digests.length);
  });
});

describe("the policy service does not hear the broker's answer", () => {
  test.each([
    { name: "to a batch of records that is stored", faults: [lose("after record")] },
    { name: "to a batch of records that is not", faults: [lose("before record")] },
    { name: "to deliveries that are stored", faults: [lose("after delivery")] },
    { name: "to deliveries that are not", faults: [lose("before delivery")] },
    {
      name: "to anything, again and again",
      faults: [
        ...[lose("before record"), lose("after record", 1)],
        ...[lose("before delivery", 1), lose("after delivery", 1), lose("after delivery", 2)],
      ],
    },
  ])("$name", async ({ name, faults }) => {
    const load = await sendMixed(exchange, name);
    loads.set(name, load);
    await using policy = await startFaultyPolicy(exchange, { faults, about: load.digests });
    for (const { at, time } of faults) await policy.untilSaid(`fault: ${at} ${time} lost answer`);
    // It answers, so it has gone on by itself.
    for (const ref of [...load.permitted, load.partly, load.denied]) {
      await exchange.node(ref.iss).untilDecided(ref);
    }
    expect(await policy.stop()).toBe(0);
  });
});

describe("whoever takes over", () => {
  test(
    "finds everything in the ledger, and everyone has what is theirs, once",
    async () => {
      await using _policy = await startPolicy(exchange);
      expect(await checkExactlyOnce(exchange, RECOVERY_MS)).toEqual([]);
      expect(loads.size).toBe(10);
      for (const { permitted, partly, denied } of loads.values()) {
        const statusOf = ({ iss, id }: typeof denied) => exchange.node(iss).node.archive.getSent(id).status;
        expect(permitted.map(statusOf)).toEqual(["permitted", "permitted"]);
        expect(statusOf(partly)).toBe("partly-permitted");
        expect(statusOf(denied)).toBe("denied");
      }
    },
    RECOVERY_MS,
  );
});
