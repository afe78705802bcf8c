import { join } from "node:path";
import { countWaiting } from "@leix/broker";
import { LeixError } from "@leix/protocol";
import { connectAs, createPlan, loadSigningKey } from "@leix/runtime";
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
  const show = ["authority", "show", "--as", "AL"] as const;
  await waitUntil("the registry to answer", async () => !(await leix(...show)).code);
  expect(await waiting()).toBe(before);
  await exchange.startNode("AL-CUSTOMS");
  await exchange.node("AL-CUSTOMS").untilReceived(sent.ref);
  await exchange.stopNode("AL-CUSTOMS");
});

async function canConnect(agency: string): Promise<boolean> {
  const { dir, network, broker } = exchange;
  try {
    const nc = await connectAs(dir, network, agency, { natsUrl: broker.natsUrl, firstConnectWaitMs: 0 });
    await nc.close();
    return true;
  } catch (error) {
    if (error instanceof LeixError && error.code === "broker/unreachable") return false;
    throw error;
  }
}

test("after a leak its users stay out, reinstated or not, until it makes new ones", async () => {
  const agency = "AL-CUSTOMS";
  const { kid } = await loadSigningKey(exchange.folderOf(agency));
  expect(await canConnect(agency)).toBe(true);
  const told = await leix("authority", "compromised", kid, "--since", "1h", "--party", agency);
  expect(told.exitCode).toBe(0);
  await waitUntil("its users to be refused", async () => !(await canConnect(agency)));
  const sent = await leix(...["send", "--as", agency, "--to", "RS-FIU", "--text", "Who?", "--json"]);
  const hindrance = { code: "broker/unreachable" };
  expect(sent).toMatchObject({ exitCode: 5, json: { status: "stored", hindrance } });
  await leix("authority", "suspend", agency);
  const { json } = await leix("authority", "reinstate", agency, "--json");
  expect(json).toMatchObject({ statements: [{ version: 5, result: "recorded" }] });
  await waitUntil("the accounts to be applied", async () =>
    /accounts +[0-9]+ at the broker/.test(await doctor()),
  );
  expect(await canConnect(agency)).toBe(false);
  const rotate = ["agency", "rotate", "--as", agency] as const;
  const signing = [...rotate, "--signing", "--out", join(exchange.dir, "request.json")] as const;
  expect((await leix(...signing)).code).toBe("broker/unreachable");
  expect(await leix(...rotate, "--user")).toMatchObject({ exitCode: 0 });
  expect(await canConnect(agency)).toBe(true);
  // It has learnt what was withdrawn: nothing vouches for a new key but an invitation.
  expect((await leix(...signing)).code).toBe("command/arguments");
});

test("after a leak of its only key to sign with an agency comes back by an invitation", async () => {
  const agency = "AL-CUSTOMS";
  const file = (name: string) => join(exchange.dir, name);
  const [invitation, request, approval] = [
    file("invitation.json"),
    file("request.json"),
    file("approval.json"),
  ];
  const invited = await leix("authority", "invite", agency, "--out", invitation);
  expect(invited.stdout).toContain(`leix agency rotate --as ${agency} --signing --invitation ${invitation}`);
  const answer = ["--signing", "--invitation", invitation, "--out", request] as const;
  expect(await leix("agency", "rotate", "--as", agency, ...answer)).toMatchObject({ exitCode: 0 });
  expect(await leix("authority", "approve", request, "--out", approval)).toMatchObject({ exitCode: 0 });
  const joined = await leix("agency", "join", approval, "--json");
  expect(joined).toMatchObject({ exitCode: 0, json: { agency, version: 6 } });
});

test("what waits for a revoked one is removed, also by a registry that was killed in between", async () => {
  await ask("nobody will read it");
  const registry = exchange.running.service("registry");
  expect(await waiting()).toBeGreaterThan(0);
  const revoked = await leix("authority", "revoke", "AL-CUSTOMS", "--offline", "--json");
  expect(revoked.json).toMatchObject({ statements: [{ version: 7, result: "signed" }] });
  registry.pause();
  await leix("authority", "publish", "--as", "AL");
  expect(await waiting()).toBeGreaterThan(0);
  expect(await doctor()).toMatch(/messages wait for AL-CUSTOMS, which is revoked/);
  await registry.kill();
  await waitUntil("its inbox to be empty", async () => (await waiting()) === 0);
  await waitUntil("the registry to be done", async () => /revoked +1 parties/.test(await doctor()));
});
