import { type MessageRef, type OverdueDuty, toLapse } from "@leix/protocol";
import { createPlan } from "@leix/runtime";
import {
  checkExactlyOnce,
  createRequest,
  type Fault,
  startFaultyPolicy,
  startPolicy,
  startTestExchange,
  type TestExchange,
  waitUntil,
} from "@leix/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

/**
 * The crash table of the design once more, for the clock: the policy service is killed at each step of a
 * tick, each time with another request overdue. An exercise's requests are due after five seconds. OUT
 * gives back what was in hand after half a minute: so it is looked at once, at the end.
 */
const NODES = ["AL-CUSTOMS", "AL-SPOC", "RS-FIU", "RS-SPOC"];
const OUT_RETURNS_MS = 30_000;

let exchange: TestExchange;
beforeAll(async () => {
  const plan = createPlan({ countries: ["AL", "RS"], profile: "exercise" });
  exchange = await startTestExchange({ plan, agencies: NODES });
  await exchange.running.service("policy").stop();
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

async function listOverdue(): Promise<OverdueDuty[]> {
  const events = (await exchange.records()).filter(({ kind }) => kind === "event");
  return events.flatMap(({ decision }) => [...toLapse(decision).overdue]);
}

const kill = (at: Fault["at"]): Fault => ({ at, time: 1, what: "kill" });
const lose = (at: Fault["at"]): Fault => ({ at, time: 1, what: "lost answer" });

describe("the policy service dies", () => {
  test.each([
    { name: "after it recorded what is overdue, before it tells anyone", at: "after record", asks: true },
    { name: "after it told everyone, before it acknowledges the tick", at: "after delivery", asks: true },
    { name: "before it acknowledges the tick", at: "before acknowledgement", asks: true },
    { name: "after it acknowledged the tick", at: "after acknowledgement", asks: true },
    { name: "before the tick is published", at: "before tick", asks: true },
    { name: "after the tick is published, with nothing else at hand", at: "after tick", asks: false },
    { name: "before it records what is overdue", at: "before record", asks: false },
  ] as const)("$name", async ({ at, asks }) => {
    await using policy = await startFaultyPolicy(exchange, { faults: [kill(at)], fromTick: true });
    if (asks) await ask();
    expect(await policy.ended).toBe("SIGKILL");
    expect(policy.lines.at(-1)).toBe(`fault: ${at} 1 kill`);
  });
});

test("the policy service does not hear the broker's answers about a tick", async () => {
  const faults = ["tick", "record", "delivery"].flatMap((work) => {
    return [lose(`before ${work}` as Fault["at"]), lose(`after ${work}` as Fault["at"])];
  });
  await using policy = await startFaultyPolicy(exchange, { faults, fromTick: true });
  for (const { at } of faults) await policy.untilSaid(`fault: ${at} 1 lost answer`);
  const [last] = requests.slice(-1);
  const isRecorded = async () => (await listOverdue()).some(({ about }) => about.id === last?.id);
  await waitUntil("the event", isRecorded);
  expect(await policy.stop()).toBe(0);
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

test("whoever takes over finds everything recorded and told once, and the auditor agrees", async () => {
  await using _policy = await startPolicy(exchange);
  expect(await checkExactlyOnce(exchange, OUT_RETURNS_MS * 4)).toEqual([]);
  const overdue = await listOverdue();
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
  expect(requests).toHaveLength(7);
}, 180_000);
