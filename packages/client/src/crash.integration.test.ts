import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { parseRecord } from "@leix/protocol";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { ChildOrder, HaltPoint } from "./crash-child.testkit.ts";
import { type AgencyName, createTestExchange, PATIENCE, type TestExchange } from "./exchange.testkit.ts";
import { alterPayload, forgeCopy } from "./forge.testkit.ts";
import { type AgencyNode, createNode } from "./node.ts";
import { createEventLog, createRequest, openTestParty } from "./party.testkit.ts";
import type { InboxDelivery } from "./ports.ts";

vi.setConfig(PATIENCE);

const CHILD = fileURLToPath(new URL("crash-child.testkit.ts", import.meta.url));
const WAIT_MS = 20_000;

let exchange: TestExchange;
beforeAll(async () => {
  exchange = await createTestExchange();
});
afterAll(() => exchange[Symbol.asyncDispose]());
beforeEach(() => {
  for (const agency of ["AL-CUSTOMS", "RS-FIU"] as const) exchange.connect(agency).inbox.takeAll();
});

/** Runs a node in a process of its own up to a point, and kills it there. Answers what it had sent. */
async function runUntilKilled(
  order: Omit<ChildOrder, "nowMs" | "deliveries"> & { deliveries?: readonly InboxDelivery[] },
) {
  const deliveries = (order.deliveries ?? []).map(({ payload, kind, sender, id }) => {
    return { kind, sender, id, payload: Buffer.from(payload).toString("base64") };
  });
  const child = spawn(process.execPath, [CHILD], { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.end(JSON.stringify({ ...order, nowMs: exchange.nowMs, deliveries } satisfies ChildOrder));
  let output = "";
  for await (const chunk of child.stdout) {
    output += String(chunk);
    if (output.endsWith("halted\n")) child.kill("SIGKILL");
  }
  if (child.signalCode === null && child.exitCode === null) await once(child, "exit");
  expect(child.signalCode, output).toBe("SIGKILL");
  const sent = /^sent (.+)$/m.exec(output)?.[1];
  return { sent: sent ? new Uint8Array(Buffer.from(sent, "base64")) : undefined };
}

/** A folder whose node knows the membership already. */
async function prepareFolder(agency: AgencyName): Promise<string> {
  using party = await openTestParty(exchange, agency);
  return party.folder;
}

async function restart(agency: AgencyName, folder: string) {
  const post = exchange.connect(agency);
  const log = createEventLog();
  const node: AgencyNode = await createNode({
    folder,
    post,
    onEvent: log.onEvent,
    clock: () => exchange.nowMs,
  });
  const stopping = new AbortController();
  const running = node.run(stopping.signal);
  running.catch(() => undefined);
  const stop = async () => {
    stopping.abort();
    await running;
    await node[Symbol.asyncDispose]();
  };
  return { post, log, node, [Symbol.asyncDispose]: stop };
}

function listMessages() {
  return exchange.records
    .map((bytes) => parseRecord(bytes))
    .flatMap((record) => (record.kind === "message" ? [record.claims] : []));
}

describe("a sender killed", () => {
  test("before the message is stored has sent nothing, and goes on with an unbroken chain", async () => {
    const folder = await prepareFolder("AL-CUSTOMS");
    await runUntilKilled({ folder, haltAt: "before the message is stored" });
    await using again = await restart("AL-CUSTOMS", folder);
    expect(again.node.archive.listSent()).toEqual([]);
    const { ref } = await again.node.send(createRequest(["RS-FIU"]));
    expect(await again.node.waitForDecision(ref, WAIT_MS)).toMatchObject({
      status: "permitted",
      claims: { seq: 1 },
    });
  });

  test.each<[HaltPoint, boolean]>([
    ["before the exchange has it", false],
    ["before it is noted that the exchange has it", true],
  ])("%s sends the same bytes at its next start, and the ledger has them once", async (haltAt, arrived) => {
    const folder = await prepareFolder("AL-CUSTOMS");
    const { sent } = await runUntilKilled({ folder, haltAt });
    expect(sent !== undefined).toBe(arrived);
    if (sent) await exchange.publish("AL-CUSTOMS", sent);
    await using again = await restart("AL-CUSTOMS", folder);
    const [message] = again.node.archive.listSent();
    if (!message) throw new Error("the message is lost");
    expect(await again.node.waitForDecision(message.ref, WAIT_MS)).toMatchObject({ status: "permitted" });
    expect(listMessages().filter(({ id }) => id === message.ref.id)).toHaveLength(1);
    if (sent) expect(again.post.sent.every((bytes) => Buffer.from(bytes).equals(sent))).toBe(true);
  });
});

describe("a receiver killed", () => {
  /** A request for RS-FIU, taken out of its inbox. */
  async function deliver(): Promise<InboxDelivery> {
    using sender = await openTestParty(exchange, "AL-CUSTOMS");
    const { envelope } = await sender.append(createRequest(["RS-FIU"]));
    await exchange.publish("AL-CUSTOMS", envelope);
    const [copy] = exchange.connect("RS-FIU").inbox.takeAll();
    if (!copy) throw new Error("no copy");
    return copy;
  }

  async function expectReceivedOnce(
    folder: string,
    copy: InboxDelivery,
    isDeliveredAgain: boolean,
  ): Promise<void> {
    if (isDeliveredAgain) exchange.connect("RS-FIU").inbox.add(copy);
    await using again = await restart("RS-FIU", folder);
    await again.log.until("message.decided");
    expect(again.node.archive.listReceived()).toMatchObject([{ status: "accepted", ref: { id: copy.id } }]);
    const acknowledgements = listMessages().filter(({ re }) => re?.id === copy.id);
    expect(acknowledgements).toMatchObject([{ kind: "acknowledgement", iss: "RS-FIU", seq: 1 }]);
    const copies = again.post.acknowledged.filter((one) => one.startsWith("copy"));
    expect(copies).toHaveLength(isDeliveredAgain ? 1 : 0);
  }

  test.each<[HaltPoint, boolean]>([
    ["before the delivery is stored", true],
    ["before the broker is told", true],
    ["before it is acknowledged", false],
    ["before it is acknowledged", true],
    ["before the acknowledgement is sent", false],
  ])("%s has it once, and acknowledges it once (delivered again: %s)", async (haltAt, isDeliveredAgain) => {
    const folder = await prepareFolder("RS-FIU");
    const copy = await deliver();
    await runUntilKilled({ folder, haltAt, deliveries: [copy] });
    await expectReceivedOnce(folder, copy, isDeliveredAgain);
  });

  test("while it judges one judges it again; one that always ends the process is given up", async () => {
    const folder = await prepareFolder("RS-FIU");
    const copy = await deliver();
    const poison = {
      ...(await forgeCopy(exchange, copy, "RS-FIU", { content: { aud: "other.example" } })),
      id: "poison",
    };
    const unknown = alterPayload(poison, { decision: await toUnknownKey(poison) });
    await runUntilKilled({ folder, haltAt: "while it is judged", deliveries: [unknown, copy] });
    for (let attempt = 1; attempt <= 5; attempt++) {
      await runUntilKilled({ folder, haltAt: "while it is judged", deliveries: [copy] });
    }
    await using again = await restart("RS-FIU", folder);
    expect(await again.log.until("message.unverifiable")).toMatchObject({
      messageId: "poison",
      code: "input/unprocessable",
    });
    await again.log.until("message.received", ({ messageId }) => messageId === copy.id);
  });
});

async function toUnknownKey(delivery: InboxDelivery): Promise<string> {
  const { decision } = JSON.parse(new TextDecoder().decode(delivery.payload)) as { decision: string };
  const [, ...rest] = decision.split(".");
  const header = JSON.stringify({ alg: "Ed25519", kid: "A".repeat(43), typ: "leix-decision+sd-jwt" });
  return [Buffer.from(header).toString("base64url"), ...rest].join(".");
}
