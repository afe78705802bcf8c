import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { type AgencyName, createTestExchange, PATIENCE, type TestExchange } from "./exchange.testkit.ts";
import { emptyInboxes, openTestNode, type TestNode, type TestNodeOptions, WAIT_MS } from "./node.testkit.ts";
import type { AgencyNode } from "./node.ts";
import { createRequest, OFFICER, toAgencies } from "./party.testkit.ts";
import { openStore } from "./store.ts";

vi.setConfig(PATIENCE);

let exchange: TestExchange;
beforeAll(async () => {
  exchange = await createTestExchange();
});
afterAll(() => exchange[Symbol.asyncDispose]());
beforeEach(() => emptyInboxes(exchange));

const openNode = (agency: AgencyName, options?: TestNodeOptions) => openTestNode(exchange, agency, options);

describe("a message from one node to another", () => {
  test("is permitted, received, read and acknowledged", async () => {
    await using sender = await openNode("AL-CUSTOMS");
    await using receiver = await openNode("RS-FIU");
    void sender.start();
    void receiver.start();
    const { ref, status } = await sender.node.send(createRequest(["RS-FIU"]));
    expect(status).toBe("received");
    const sent = await sender.node.waitForDecision(ref, WAIT_MS);
    expect(sent).toMatchObject({ status: "permitted", direction: "sent", ref });
    await receiver.log.until("message.received", ({ messageId }) => messageId === ref.id);
    const [received] = receiver.node.archive.listReceived();
    expect(received).toMatchObject({ status: "accepted", ref, claims: { kind: "request" } });
    expect(received && (await receiver.node.archive.read(received))).toMatchObject({
      text: "Who owns the lorry?",
    });
    await sender.log.until("message.received", ({ messageKind }) => messageKind === "acknowledgement");
    expect(sender.node.archive.listAcknowledgements(ref)).toMatchObject([
      { agency: "RS-FIU", status: "received" },
    ]);
    expect(sender.node.archive.listReceived()).toEqual([]);
    expect(sender.node.archive.listReceived({ acknowledgements: true })).toHaveLength(1);
  });

  test("is answered in its thread, which both sides see alike", async () => {
    await using sender = await openNode("AL-CUSTOMS");
    await using receiver = await openNode("RS-FIU");
    void sender.start();
    void receiver.start();
    const { ref } = await sender.node.send(createRequest(["RS-FIU"]));
    await receiver.log.until("message.received", ({ messageId }) => messageId === ref.id);
    const re = receiver.node.archive.findRef(ref.id.slice(0, 30));
    expect(re).toEqual(ref);
    const answer = await receiver.node.send({
      kind: "answer",
      to: toAgencies("AL-CUSTOMS"),
      re,
      purpose: "investigation",
      handling: "H1",
      classification: "restricted",
      officer: OFFICER,
      body: { text: "A company in Tirana." },
    });
    await sender.log.until("message.received", ({ messageId }) => messageId === answer.ref.id);
    await receiver.node.waitForDecision(answer.ref, WAIT_MS);
    const toKinds = ({ node }: TestNode) =>
      node.archive
        .listThread(ref.id)
        .flatMap(({ claims }) => (claims && claims.kind !== "acknowledgement" ? [claims.kind] : []));
    expect(toKinds(sender)).toEqual(["request", "answer"]);
    expect(toKinds(receiver)).toEqual(["request", "answer"]);
    expect(sender.node.archive.find(answer.ref.id)).toMatchObject({
      decision: { markings: { handling: ["H1"], classification: "restricted" } },
    });
  });

  test("leaves its text nowhere but in what the recipient decrypts", async () => {
    const marker = "marker-4711-text";
    await using sender = await openNode("AL-CUSTOMS");
    await using receiver = await openNode("RS-FIU");
    void sender.start();
    void receiver.start();
    const { ref } = await sender.node.send(createRequest(["RS-FIU"], { body: { text: marker } }));
    await receiver.log.until("message.received", ({ messageId }) => messageId === ref.id);
    const [received] = receiver.node.archive.listReceived();
    expect(received && (await receiver.node.archive.read(received))?.text).toBe(marker);
    await sender.node.waitForDecision(ref, WAIT_MS);
    await Promise.all([sender.stop(), receiver.stop()]);
    const stores = [sender, receiver].map(({ folder }) => readFile(join(folder, "node.sqlite")));
    const seen = [
      ...(await Promise.all(stores)).map(String),
      JSON.stringify([sender.log.events, receiver.log.events]),
    ];
    for (const text of seen) expect(text).not.toContain(marker);
    expect(seen[0]).toContain(ref.id);
  });
});

describe("what the exchange answers", () => {
  test("a denial has its rules in words and what would let it pass", async () => {
    await using sender = await openNode("AL-CUSTOMS");
    void sender.start();
    const { purpose: _purpose, ...draft } = createRequest(["RS-FIU"]) as { purpose?: string };
    const { ref } = await sender.node.send(draft as Parameters<AgencyNode["send"]>[0]);
    expect(await sender.node.waitForDecision(ref, WAIT_MS)).toMatchObject({ status: "denied" });
    const explained = sender.node.explain(ref.id);
    expect(explained).toMatchObject({
      status: "denied",
      ledgerIndex: exchange.records.length - 1,
      recipients: [
        { agency: "RS-FIU", effect: "deny", reasons: [{ reason: "P06.stated", title: "Lawful purpose" }] },
        { agency: "AL-SPOC", as: "copy", effect: "deny" },
        { agency: "RS-SPOC", as: "copy", effect: "deny" },
      ],
    });
    const [reason] = explained.recipients[0]?.reasons ?? [];
    expect([reason?.wrong, reason?.todo, reason?.source].every((text) => (text ?? "").length > 10)).toBe(
      true,
    );
    expect(exchange.connect("RS-FIU").inbox.takeAll()).toEqual([]);
  });

  test("a rejection has its code, what it means, and keeps the bytes as proof", async () => {
    await using sender = await openNode("AL-CUSTOMS", { aheadMs: 3_600_000 });
    void sender.start();
    const { ref } = await sender.node.send(createRequest(["RS-FIU"]));
    await sender.node.waitForDecision(ref, WAIT_MS);
    expect(sender.node.explain(ref.id)).toMatchObject({
      status: "rejected",
      recipients: [],
      problem: { code: "claims/issued-in-future", todo: expect.stringContaining("clock") },
    });
    using store = openStore(join(sender.folder, "node.sqlite"));
    expect(store.outbox.getEnvelope(ref.id)).toEqual(new Uint8Array(sender.post.sent[0] ?? []));
  });

  test("no decision within the time is an error that says that nothing is lost", async () => {
    await using sender = await openNode("AL-CUSTOMS");
    const { ref } = await sender.node.send(createRequest(["RS-FIU"]));
    await expect(sender.node.waitForDecision(ref, 1)).rejects.toMatchObject({
      code: "client/decision-timeout",
    });
    void sender.start();
    expect(await sender.node.waitForDecision(ref, WAIT_MS)).toMatchObject({ status: "permitted" });
  });
});

describe("an id", () => {
  test("may be cut short at either end, as long as one message fits", async () => {
    await using sender = await openNode("AL-CUSTOMS");
    const { ref } = await sender.node.send(createRequest(["RS-FIU"]));
    const { ref: other } = await sender.node.send(createRequest(["RS-FIU"]));
    const find = (part: string) => () => sender.node.archive.find(part);
    expect([find(ref.id.slice(0, 33))().ref, find(ref.id.slice(-8))().ref]).toEqual([ref, ref]);
    expect(find(ref.id.slice(0, 8))).toThrow(
      expect.objectContaining({ code: "client/id-ambiguous", detail: `${ref.id}, ${other.id}` }),
    );
    for (const part of ["", "ffff", "%", "*"]) {
      expect(find(part)).toThrow(expect.objectContaining({ code: "client/not-found" }));
    }
  });
});
