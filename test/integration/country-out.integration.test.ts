import { countWaiting } from "@leix/broker";
import { LeixError, type MessageRef } from "@leix/protocol";
import { connectAs, createPlan, renewCertificateFile } from "@leix/runtime";
import {
  createRequest,
  fetchLog,
  runLeix,
  startTestExchange,
  type TestExchange,
  waitUntil,
} from "@leix/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";

let exchange: TestExchange;
beforeAll(async () => {
  exchange = await startTestExchange({
    plan: createPlan({ countries: ["AL", "RS"] }),
    services: ["policy", "registry", "ledger"],
    agencies: ["AL-CUSTOMS", "RS-FIU"],
  });
});
afterAll(() => exchange?.[Symbol.asyncDispose]());

const AGENCIES = ["AL-CUSTOMS", "AL-SPOC"];
const leix = (...words: string[]) => runLeix(exchange, words);
const ask = (from: string, to: string) => exchange.node(from).send(createRequest([to], "Who owns it?"));
const waiting = (id: string) => exchange.as("monitor", (nc) => countWaiting(nc, exchange.accountOf(id)));

async function put(status: "active" | "suspended" | "revoked"): Promise<void> {
  const { json } = await leix("anchor", "authority", "AL", "--status", status, "--json");
  expect(json).toMatchObject({ statements: [{ kind: "authority", subject: "AL", result: "recorded" }] });
}

async function canConnect(id: string): Promise<boolean> {
  const { dir, network, broker } = exchange;
  try {
    const nc = await connectAs(dir, network, id, { natsUrl: broker.natsUrl, firstConnectWaitMs: 0 });
    await nc.close();
    return true;
  } catch (error) {
    if (error instanceof LeixError && error.code === "broker/unreachable") return false;
    throw error;
  }
}

const countDrops = (id: string): number =>
  exchange
    .node(id)
    .events.filter((event) => event.kind === "broker.changed" && event.change.kind === "disconnected").length;

async function readLog(id: string): Promise<number> {
  const url = exchange.running.service("ledger").log ?? "";
  return (await fetchLog(exchange, { port: Number(new URL(url).port) }, id, "/checkpoint")).status;
}

/** Nothing of what the broker was told differs from what the ledger says. */
async function untilApplied(): Promise<void> {
  await waitUntil("the accounts to be as the ledger says", async () =>
    /accounts +[0-9]+ at the broker/.test((await leix("doctor")).stdout),
  );
}

/** Sent before the authority is suspended, to an agency of it whose node does not run. */
let early: MessageRef;

test("an authority is suspended: its agencies are cut off, and what waits for them stays", async () => {
  const sent = await ask("RS-FIU", "AL-SPOC");
  expect(sent.status).toBe("permitted");
  early = sent.ref;
  const before = await waiting("AL-SPOC");
  expect(before).toBeGreaterThan(0);
  await waitUntil("the log to be published", async () => (await readLog("AL-CUSTOMS")) === 200);
  const drops = countDrops("AL-CUSTOMS");
  await put("suspended");
  await waitUntil("the live connection to drop", () => countDrops("AL-CUSTOMS") > drops);
  await untilApplied();
  for (const id of AGENCIES) {
    expect(await canConnect(id)).toBe(false);
    expect(await readLog(id)).toBe(403);
    const renewal = renewCertificateFile({
      ...{ folder: exchange.folderOf(id), natsUrl: exchange.broker.natsUrl, now: Date.now(), shareLeft: 1 },
    });
    await expect(renewal).rejects.toMatchObject({ code: "broker/unreachable" });
  }
  expect(await canConnect("RS-FIU")).toBe(true);
  expect(await readLog("RS-FIU")).toBe(200);
  expect(await waiting("AL-SPOC")).toBe(before);
});

test("it is reinstated: its agencies are back by themselves, and nothing is lost", async () => {
  const draft = createRequest(["RS-FIU"], "Who owns the lorry?");
  const held = await exchange.node("AL-CUSTOMS").node.send(draft);
  expect(held.status).toBe("stored");
  const denied = await ask("RS-FIU", "AL-CUSTOMS");
  expect(denied.decision?.recipients[0]).toMatchObject({ agency: "AL-CUSTOMS", effect: "deny" });
  await put("active");
  expect(await exchange.node("AL-CUSTOMS").untilDecided(held.ref)).toMatchObject({ status: "permitted" });
  await exchange.node("RS-FIU").untilReceived(held.ref);
  await untilApplied();
  const spoc = await exchange.startNode("AL-SPOC");
  await spoc.untilReceived(early);
  await waitUntil("its inbox to be fetched", async () => (await waiting("AL-SPOC")) === 0);
  expect(await readLog("AL-SPOC")).toBe(200);
  await exchange.stopNode("AL-SPOC");
});

test("it is revoked: nobody of it comes back, and nothing waits for them any more", async () => {
  expect((await ask("RS-FIU", "AL-SPOC")).status).toBe("permitted");
  expect(await waiting("AL-SPOC")).toBeGreaterThan(0);
  await put("revoked");
  await waitUntil("the inbox to be empty", async () => (await waiting("AL-SPOC")) === 0);
  await untilApplied();
  for (const id of ["AL", ...AGENCIES]) expect(await canConnect(id)).toBe(false);
  // The authority and its agencies.
  expect((await leix("doctor")).stdout).toMatch(/revoked +3 parties/);
  const { mismatches } = await exchange.audit();
  expect(mismatches).toBe(0);
});
