import { countWaiting } from "@leix/broker";
import { createPlan } from "@leix/runtime";
import { createRequest, runLeix, startTestExchange, type TestExchange, waitUntil } from "@leix/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";

let exchange: TestExchange;
beforeAll(async () => {
  exchange = await startTestExchange({
    plan: createPlan({ countries: ["AL", "RS"] }),
    agencies: ["RS-FIU", "RS-SPOC", "AL-SPOC"],
  });
});
afterAll(() => exchange?.[Symbol.asyncDispose]());

const leix = (...words: string[]) => runLeix(exchange, words);
const waiting = () => exchange.as("monitor", (nc) => countWaiting(nc, exchange.accountOf("AL-CUSTOMS")));
const ask = (text: string) => exchange.node("RS-FIU").send(createRequest(["AL-CUSTOMS"], text));

async function doctor(): Promise<string> {
  return (await leix("doctor")).stdout;
}

test("what waits for a suspended agency stays, and reaches it when it is reinstated", async () => {
  const sent = await ask("before it is suspended");
  expect(sent.status).toBe("permitted");
  const before = await waiting();
  expect(before).toBeGreaterThan(0);
  const suspended = await leix("authority", "suspend", "AL-CUSTOMS", "--json");
  expect(suspended.json).toMatchObject({ statements: [{ version: 2, result: "recorded" }] });
  // Without the registry an authority is heard all the same.
  exchange.running.service("registry").pause();
  const reinstated = await leix("authority", "reinstate", "AL-CUSTOMS", "--json");
  expect(reinstated.json).toMatchObject({ statements: [{ version: 3, result: "recorded" }] });
  expect(reinstated.code).toBe("broker/no-answer");
  await exchange.running.service("registry").kill();
  expect(await waiting()).toBe(before);
  await exchange.startNode("AL-CUSTOMS");
  await exchange.node("AL-CUSTOMS").untilReceived(sent.ref);
  await exchange.stopNode("AL-CUSTOMS");
});

test("what waits for a revoked one is removed, also by a registry that was killed in between", async () => {
  await ask("nobody will read it");
  const registry = exchange.running.service("registry");
  expect(await waiting()).toBeGreaterThan(0);
  const revoked = await leix("authority", "revoke", "AL-CUSTOMS", "--offline", "--json");
  expect(revoked.json).toMatchObject({ statements: [{ version: 4, result: "signed" }] });
  registry.pause();
  await leix("authority", "publish", "--as", "AL");
  expect(await waiting()).toBeGreaterThan(0);
  expect(await doctor()).toMatch(/messages wait for AL-CUSTOMS, which is revoked/);
  await registry.kill();
  await waitUntil("its inbox to be empty", async () => (await waiting()) === 0);
  await waitUntil("the registry to be done", async () => /revoked +1 parties/.test(await doctor()));
});
