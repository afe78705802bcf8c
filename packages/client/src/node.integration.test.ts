import { readLedger } from "@leix/broker";
import { type Claims, type MessageRef, parseRecord } from "@leix/protocol";
import { withConnection } from "@leix/runtime";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Draft } from "./draft.ts";
import { startTestNetwork, type TestNetwork } from "./network.testkit.ts";
import { type AgencyNode, createNode } from "./node.ts";
import { createEventLog, createRequest, type EventLog, OFFICER, toAgencies } from "./party.testkit.ts";

let network: TestNetwork;
beforeAll(async () => {
  network = await startTestNetwork();
});
afterAll(() => network[Symbol.asyncDispose]());

const WAIT_MS = 30_000;

interface Running extends AsyncDisposable {
  readonly node: AgencyNode;
  readonly log: EventLog;
}

async function start(agency: string): Promise<Running> {
  const log = createEventLog();
  const node = await createNode({
    folder: network.folderOf(agency),
    onEvent: log.onEvent,
    connectWaitMs: WAIT_MS,
  });
  const stopping = new AbortController();
  const running = node.run(stopping.signal);
  running.catch(() => undefined);
  const stop = async () => {
    stopping.abort();
    await running;
    await node[Symbol.asyncDispose]();
  };
  return { node, log, [Symbol.asyncDispose]: stop };
}

const untilReceived = ({ log }: Running, ref: MessageRef) =>
  log.until("message.received", ({ messageId }) => messageId === ref.id);

/** Every message in the ledger, as its sender signed it. */
async function listLedger(): Promise<Claims[]> {
  return withConnection(network.dir, network.running.network, "auditor", {}, async (nc) => {
    const claims: Claims[] = [];
    for await (const { data } of readLedger(nc, 1)) {
      const record = parseRecord(data);
      if (record.kind === "message") claims.push(record.claims);
    }
    return claims;
  });
}

const answerTo = (re: MessageRef, text: string): Draft => ({
  kind: "answer",
  to: toAgencies("AL-CUSTOMS"),
  re,
  purpose: "investigation",
  handling: "H2",
  classification: "restricted",
  officer: OFFICER,
  body: { text },
});

describe("over a real broker, policy service and registry", () => {
  test("a forward without consent is denied, and passes with it", async () => {
    await using customs = await start("AL-CUSTOMS");
    await using fiu = await start("RS-FIU");
    await using spoc = await start("RS-SPOC");

    const request = await customs.node.send(createRequest(["RS-FIU"]));
    expect(request.status).toBe("received");
    expect(await customs.node.waitForDecision(request.ref, WAIT_MS)).toMatchObject({ status: "permitted" });
    await untilReceived(fiu, request.ref);

    const answer = await fiu.node.send(answerTo(request.ref, "A company in Belgrade."));
    await untilReceived(customs, answer.ref);
    const held = customs.node.archive.find(answer.ref.id);
    if (held.direction !== "received") throw new Error("not received");
    expect(await customs.node.archive.read(held)).toMatchObject({ text: "A company in Belgrade." });

    const forward = (consents: readonly MessageRef[]): Draft => ({
      kind: "notification",
      to: toAgencies("RS-SPOC"),
      purpose: "investigation",
      crime: "drug-trafficking",
      handling: "H2",
      classification: "restricted",
      derivedFrom: [answer.ref],
      consents: [...consents],
      officer: OFFICER,
      body: { text: "As the FIU says.", relevance: "It concerns a case of yours." },
    });
    const denied = await customs.node.send(forward([]));
    expect(await customs.node.waitForDecision(denied.ref, WAIT_MS)).toMatchObject({ status: "denied" });
    const [recipient] = customs.node.explain(denied.ref.id).recipients;
    // It had its copy when the answer crossed the border, and H2 asks for a permission all the same.
    expect(recipient?.reasons.map(({ reason }) => reason)).toEqual(["P20"]);

    const consent = await fiu.node.send({
      kind: "consent",
      to: toAgencies("AL-CUSTOMS"),
      re: request.ref,
      officer: OFFICER,
      grant: {
        of: answer.ref,
        // The copy that the node adds goes there too.
        recipients: toAgencies("RS-SPOC", "AL-SPOC"),
        purposes: ["investigation"],
        permits: ["forward", "disseminate"],
        until: Math.floor(Date.now() / 1_000) + 86_400,
      },
    });
    await untilReceived(customs, consent.ref);
    const permitted = await customs.node.send(forward([customs.node.archive.findRef(consent.ref.id)]));
    expect(await customs.node.waitForDecision(permitted.ref, WAIT_MS)).toMatchObject({ status: "permitted" });
    await untilReceived(spoc, permitted.ref);
    const received = spoc.node.archive.find(permitted.ref.id);
    expect(received.decision?.markings?.origins.map(({ id }) => id)).toContain(answer.ref.id);
  });

  test("two processes on one folder: each message is received and acknowledged once", async () => {
    await using customs = await start("AL-CUSTOMS");
    await using one = await start("RS-FIU");
    await using other = await start("RS-FIU");
    const sent = await Promise.all(
      Array.from({ length: 10 }, () => customs.node.send(createRequest(["RS-FIU"]))),
    );
    await Promise.all(
      sent.map(({ ref }) =>
        customs.log.until(
          "message.received",
          () => customs.node.archive.listAcknowledgements(ref).length > 0,
        ),
      ),
    );
    const ids = sent.map(({ ref }) => ref.id);
    const seen = [one, other].map(({ node }) => node.archive.listReceived().map(({ ref }) => ref.id));
    for (const id of ids)
      expect(seen.every((list) => list.filter((one) => one === id).length === 1)).toBe(true);
    const ledger = await listLedger();
    const acknowledged = ledger.filter(
      ({ kind, re }) => kind === "acknowledgement" && ids.some((id) => id === re?.id),
    );
    expect(acknowledged.map(({ re }) => re?.id).toSorted()).toEqual(ids.toSorted());
    const chain = ledger.filter(({ iss }) => (iss as string) === "RS-FIU").map(({ seq }) => seq);
    expect(chain.toSorted((a, b) => a - b)).toEqual(chain.map((_, i) => i + 1));
  });

  test("the broker is killed while messages are sent: every one is decided, once", async () => {
    await using customs = await start("AL-CUSTOMS");
    await using fiu = await start("RS-FIU");
    const { broker } = network.running;
    const drafts = Array.from({ length: 20 }, () => createRequest(["RS-FIU"]));
    const sending = drafts.map((draft) => customs.node.send(draft));
    await sending[0];
    await broker?.kill();
    const sent = await Promise.all(sending);
    for (const { ref } of sent) {
      expect(await customs.node.waitForDecision(ref, WAIT_MS)).toMatchObject({ status: "permitted" });
      await untilReceived(fiu, ref);
    }
    const ids = sent.map(({ ref }) => ref.id);
    const recorded = (await listLedger()).filter(({ id }) => ids.includes(id));
    expect(recorded.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
  });

  test("a message written while nothing can be reached is sent when something can", async () => {
    const folder = network.folderOf("AL-CUSTOMS");
    const away = await createNode({ folder, natsUrl: "tls://127.0.0.1:1" });
    const { ref, status } = await away.send(createRequest(["RS-FIU"]));
    expect(status).toBe("stored");
    await expect(away.run(new AbortController().signal)).rejects.toMatchObject({
      code: "broker/unreachable",
    });
    expect(away.problems()).toContain("messages wait in the outbox: broker/unreachable");
    await away[Symbol.asyncDispose]();
    await using customs = await start("AL-CUSTOMS");
    expect(await customs.node.waitForDecision(ref, WAIT_MS)).toMatchObject({ status: "permitted" });
  });
});
