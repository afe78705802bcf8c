import { createPlan } from "@leix/runtime";
import {
  checkExactlyOnce,
  type Forge,
  type Forged,
  openForge,
  startFaultyPolicy,
  startTestExchange,
  type TestExchange,
  type TestProgram,
  waitUntil,
} from "@leix/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { listOverdue, RECOVERY_MS } from "./load.ts";

const PARTIES = ["AL-CUSTOMS", "AL-SPOC", "RS-FIU", "RS-SPOC"];

/**
 * An instance that took nothing of the genesis and of a request after it, because another did; the other
 * ends, and it stands alone. An exercise's requests are due after five seconds.
 */
let exchange: TestExchange;
let forge: Forge;
let early: Forged;
let idle: TestProgram | undefined;
beforeAll(async () => {
  const plan = createPlan({ countries: ["AL", "RS"], profile: "exercise" });
  exchange = await startTestExchange({ plan });
  forge = await openForge(exchange);
  await Promise.all(PARTIES.map((party) => exchange.wire(party)));
  early = await ask("AL-CUSTOMS", "RS-FIU");
  await exchange.running.service("policy").stop();
  idle = await startFaultyPolicy(exchange, { faults: [], startsEmpty: true });
  await idle.untilSaid('"event":"policy.started","ledgerIndex":0');
});
afterAll(async () => {
  await idle?.[Symbol.asyncDispose]();
  await exchange?.[Symbol.asyncDispose]();
});

async function ask(from: string, to: string): Promise<Forged> {
  const wire = await exchange.wire(from);
  const request = await forge.message(from, [to], { text: "Who owns the lorry?" });
  await wire.publish(request.bytes);
  await wire.untilAnswered(request.id);
  return request;
}

test("it decides what is sent by accounts of which it learns from the other's records alone", async () => {
  const { id } = await ask("RS-SPOC", "AL-SPOC");
  expect((await (await exchange.wire("AL-SPOC")).untilCopied(id)).count).toBe(1);
});

test("it records what falls due of what it did not decide, and everyone is told once", async () => {
  const isOverdue = async () => (await listOverdue(exchange)).some(({ about }) => about.id === early.id);
  await waitUntil("the event", isOverdue, RECOVERY_MS);
  expect(await checkExactlyOnce(exchange, RECOVERY_MS)).toEqual([]);
  for (const { party, notices } of exchange.wires) {
    const about = notices.flatMap((one) => one.notices.map((notice) => notice.about.id));
    expect(about, party).toContain(early.id);
  }
  expect(exchange.wires).toHaveLength(PARTIES.length);
});
