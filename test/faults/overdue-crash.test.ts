import { type MessageRef, toLapse } from "@leix/protocol";
import { createPlan } from "@leix/runtime";
import {
  checkExactlyOnce,
  createRequest,
  type Fault,
  findLastFault,
  startFaultyPolicy,
  startPolicy,
  startTestExchange,
  type TestExchange,
  waitUntil,
} from "@leix/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { listOverdue, RECOVERY_MS } from "./load.ts";
import { hastenRedelivery } from "./redelivery.ts";

/**
 * The crash table of the design once more, for the clock: the policy service is killed at each step of a
 * tick, each time with another request overdue. An exercise's requests are due after five seconds. What was
 * in hand comes back later: so it is looked at once, at the end.
 */
const NODES = ["AL-CUSTOMS", "AL-SPOC", "RS-FIU", "RS-SPOC"];

let exchange: TestExchange;
beforeAll(async () => {
  const plan = createPlan({ countries: ["AL", "RS"], profile: "exercise" });
  exchange = await startTestExchange({ plan, agencies: NODES });
  await exchange.running.service("policy").stop();
  await hastenRedelivery(exchange);
});
afterAll(() => exchange?.[Symbol.asyncDispose]());

const requests: MessageRef[] = [];

/** A request that RS-FIU will not answer. */
async function ask(): Promise<void> {
  const sender = exchange.node("AL-CUSTOMS");
  const { ref } = await sender.node.send(createRequest(["RS-FIU"], "Who owns the lorry?"));
  await sender.untilDecided(ref);
  requests.push(ref);
}

const kill = (at: Fault["at"]): Fault => ({ at, time: 1, what: "kill" });
const lose = (at: Fault["at"]): Fault => ({ at, time: 1, what: "lost answer" });

async function isRecorded(): Promise<boolean> {
  const [last] = requests.slice(-1);
  return (await listOverdue(exchange)).some(({ about }) => about.id === last?.id);
}

describe("the policy service dies", () => {
  test.each([
    { name: "after it recorded what is overdue, before it tells anyone", at: "after record", recorded: true },
    { name: "after it told all, before it acknowledges the tick", at: "after delivery", recorded: true },
    { name: "before it acknowledges the tick", at: "before acknowledgement", recorded: true },
    { name: "after it acknowledged the tick", at: "after acknowledgement", recorded: true },
    { name: "before the tick is published", at: "before tick", recorded: false },
  ] as const)("$name", async ({ at, recorded }) => {
    await using policy = await startFaultyPolicy(exchange, { faults: [kill(at)], fromTick: true });
    await ask();
    expect(await policy.ended).toBe("SIGKILL");
    expect(findLastFault(policy)).toBe(`${at} 1 kill`);
    expect(await isRecorded()).toBe(recorded);
  });

  test.each([
    { name: "after the tick is published, with nothing else at hand", at: "after tick" },
    { name: "before it records what is overdue", at: "before record" },
  ] as const)("$name", async ({ at }) => {
    await using policy = await startFaultyPolicy(exchange, { faults: [kill(at)], fromTick: true });
    expect(await policy.ended).toBe("SIGKILL");
    expect(findLastFault(policy)).toBe(`${at} 1 kill`);
    expect(await isRecorded()).toBe(false);
  });
});

test("the policy service does not hear the broker's answers about a tick", async () => {
  const faults = ["tick", "record", "delivery"].flatMap((work) => {
    return [lose(`before ${work}` as Fault["at"]), lose(`after ${work}` as Fault["at"])];
  });
  await using policy = await startFaultyPolicy(exchange, { faults, fromTick: true });
  for (const { at } of faults) await policy.untilSaid(`fault: ${at} 1 lost answer`);
  expect(await isRecorded()).toBe(true);
  expect(await policy.stop()).toBe(0);
});

test("asleep with the tick in hand, one hinders nobody; woken, it records nothing anew", async () => {
  const faults: Fault[] = [{ at: "before record", time: 1, what: "stop" }];
  await using sleeper = await startFaultyPolicy(exchange, { faults, fromTick: true });
  await ask();
  await sleeper.untilSaid("fault: before record 1 stop");
  await using awake = await startPolicy(exchange);
  await waitUntil("the event", isRecorded);
  await ask();
  sleeper.resume();
  await waitUntil("the event", isRecorded);
  expect([await sleeper.stop(), await awake.stop()]).toEqual([0, 0]);
});

test("what ran out while everything was down is recorded before anything else", async () => {
  {
    await using _policy = await startPolicy(exchange);
    await ask();
  }
  const late = exchange.node("RS-FIU");
  const [request] = requests.slice(-1);
  const due = late.node.archive.listDuties().find(({ about }) => about.id === request?.id)?.due ?? 0;
  await waitUntil("the time to run out", () => Date.now() / 1_000 > due + 1);
  const answer = await late.node.send({
    ...{ kind: "answer", to: ["AL-CUSTOMS"], re: request as MessageRef, purpose: "investigation" },
    ...{ handling: "H0", classification: "unclassified", body: { text: "A company in Tirana." } },
    officer: { name: "A. Hoxha", role: "officer" },
  });
  await using _policy = await startPolicy(exchange);
  expect((await late.untilDecided(answer.ref)).status).toBe("permitted");
  const records = await exchange.records();
  const place = records.findIndex(({ kind, decision }) => {
    return kind === "event" && toLapse(decision).overdue.some(({ about }) => about.id === request?.id);
  });
  const answered = records.findIndex((one) => one.kind === "message" && one.claims.id === answer.ref.id);
  expect([place >= 0, place < answered]).toEqual([true, true]);
});

test("two instances record it once", async () => {
  await using one = await startPolicy(exchange, "policy-one");
  await using other = await startPolicy(exchange, "policy-other");
  await ask();
  const isTold = () => exchange.node("AL-SPOC").node.archive.listNotices().length === requests.length;
  await waitUntil("the notice", isTold);
  expect([await one.stop(), await other.stop()]).toEqual([0, 0]);
});

test(
  "whoever takes over finds everything recorded and told once, and the auditor agrees",
  async () => {
    await using _policy = await startPolicy(exchange);
    expect(await checkExactlyOnce(exchange, RECOVERY_MS)).toEqual([]);
    const overdue = await listOverdue(exchange);
    expect(overdue.map(({ about }) => about.id).toSorted()).toEqual(requests.map(({ id }) => id).toSorted());
    expect(new Set(overdue.map(({ duty, party }) => `${duty} ${party}`))).toEqual(new Set(["answer RS-FIU"]));
    for (const agency of NODES) {
      const told = exchange
        .node(agency)
        .node.archive.listNotices()
        .map(({ notice }) => notice);
      expect(told.map(({ about }) => about.id).toSorted()).toEqual(requests.map(({ id }) => id).toSorted());
      expect(told.every(({ notice, by }) => notice === "overdue" && (by as string) === "RS-FIU")).toBe(true);
    }
    expect(requests).toHaveLength(9);
  },
  RECOVERY_MS,
);
