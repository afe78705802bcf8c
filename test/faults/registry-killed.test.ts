import { invariant, LeixError } from "@leix/protocol";
import { connectAs } from "@leix/runtime";
import {
  checkExactlyOnce,
  createRequest,
  type Forge,
  findSigningDigest,
  openForge,
  startTestExchange,
  type TestExchange,
  waitUntil,
} from "@leix/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RECOVERY_MS } from "./load.ts";

let exchange: TestExchange;
let forge: Forge;
beforeAll(async () => {
  exchange = await startTestExchange({ agencies: ["RS-FIU", "ME-SPOC"] });
  forge = await openForge(exchange);
});
afterAll(() => exchange?.[Symbol.asyncDispose]());

/** Has it recorded while the registry sleeps, and kills the registry before it has looked at it. */
async function changeBehindRegistry(version: number, status: string): Promise<void> {
  const registry = exchange.running.service("registry");
  registry.pause();
  const wire = await exchange.wire("AL");
  const bytes = await forge.statement("agency", "AL-CUSTOMS", { version, status });
  await wire.publish(bytes);
  const id = findSigningDigest(bytes);
  invariant(id, "it has a token");
  expect((await wire.untilAnswered(id)).kind).toBe("decision");
  await registry.kill();
}

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

test(
  "killed before it has applied a statement, the registry applies it in its next life",
  async () => {
    expect(await canConnect("AL-CUSTOMS")).toBe(true);
    await changeBehindRegistry(2, "suspended");
    await waitUntil("AL-CUSTOMS to be barred", async () => !(await canConnect("AL-CUSTOMS")), RECOVERY_MS);
    const partly = await exchange
      .node("RS-FIU")
      .send(createRequest(["AL-CUSTOMS", "ME-SPOC"], "to a suspended one"));
    expect(partly.status).toBe("partly-permitted");
    const denied = partly.decision?.recipients.filter(({ effect }) => effect === "deny");
    expect(denied).toMatchObject([{ agency: "AL-CUSTOMS", reasons: ["P01"] }]);
    await changeBehindRegistry(3, "active");
    await waitUntil("AL-CUSTOMS to be let in again", () => canConnect("AL-CUSTOMS"), RECOVERY_MS);
    await exchange.startNode("AL-CUSTOMS");
    const { ref, status } = await exchange
      .node("RS-FIU")
      .send(createRequest(["AL-CUSTOMS"], "to an active one"));
    expect(status).toBe("permitted");
    await exchange.node("AL-CUSTOMS").untilReceived(ref);
    expect(await checkExactlyOnce(exchange, RECOVERY_MS)).toEqual([]);
    expect(exchange.running.service("registry").restarts).toBe(2);
  },
  2 * RECOVERY_MS,
);

test(
  "while the registry is away, messages go on",
  async () => {
    exchange.running.service("registry").pause();
    const sent = await exchange.node("RS-FIU").send(createRequest(["ME-SPOC"], "without a registry"));
    expect(sent.status).toBe("permitted");
    await exchange.node("ME-SPOC").untilReceived(sent.ref);
    exchange.running.service("registry").resume();
    expect(await checkExactlyOnce(exchange, RECOVERY_MS)).toEqual([]);
  },
  RECOVERY_MS,
);
