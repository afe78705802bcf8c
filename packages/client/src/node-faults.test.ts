import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { type AgencyName, createTestExchange, PATIENCE, type TestExchange } from "./exchange.testkit.ts";
import { alterPayload, forgeCopy } from "./forge.testkit.ts";
import { changeAgency, createSigningPair } from "./membership-change.testkit.ts";
import {
  countAcknowledgements,
  countRecords,
  emptyInboxes,
  openTestNode,
  type TestNodeOptions,
  WAIT_MS,
} from "./node.testkit.ts";
import { createRequest } from "./party.testkit.ts";
import type { InboxDelivery } from "./ports.ts";

vi.setConfig(PATIENCE);

let exchange: TestExchange;
beforeAll(async () => {
  exchange = await createTestExchange();
});
afterAll(() => exchange[Symbol.asyncDispose]());
beforeEach(() => emptyInboxes(exchange));

const openNode = (agency: AgencyName, options?: TestNodeOptions) => openTestNode(exchange, agency, options);

describe("a broker that fails", () => {
  test.each([
    ["before it has the message", false],
    ["after it has the message", true],
  ])("%s: it is kept, sent again with the same bytes, and recorded once", async (_name, arrives) => {
    await using sender = await openNode("AL-CUSTOMS");
    const fault = { code: "broker/unreachable", arrives } as const;
    sender.post.sendFaults.push(fault, fault);
    const { ref, status } = await sender.node.send(createRequest(["RS-FIU"]));
    expect(status).toBe("stored");
    expect(sender.node.problems()).toEqual(["messages wait in the outbox: broker/unreachable"]);
    void sender.start();
    await sender.log.until("message.unsent", () => sender.post.sendFaults.length === 0);
    await sender.stop();
    await using again = await openNode("AL-CUSTOMS", sender);
    void again.start();
    expect(await again.node.waitForDecision(ref, WAIT_MS)).toMatchObject({ status: "permitted" });
    expect(countRecords(exchange, ref.id)).toBe(1);
    const bytes = [...sender.post.sent, ...again.post.sent].map(String);
    expect(new Set(bytes).size).toBe(1);
    await again.log.until("membership.refreshed");
    expect(again.node.problems()).toEqual([]);
  });

  test("an answer that does not come in time is asked for again at once", async () => {
    await using sender = await openNode("AL-CUSTOMS");
    sender.post.sendFaults.push({ code: "broker/not-acknowledged", arrives: true });
    const { ref, status } = await sender.node.send(createRequest(["RS-FIU"]));
    expect(status).toBe("received");
    expect(sender.post.sent).toHaveLength(2);
    expect(countRecords(exchange, ref.id)).toBe(1);
  });

  test("a message without a decision is sent again at the next start", async () => {
    await using sender = await openNode("AL-CUSTOMS");
    const { ref } = await sender.node.send(createRequest(["RS-FIU"]));
    exchange.connect("AL-CUSTOMS").inbox.takeAll();
    await sender.stop();
    await using again = await openNode("AL-CUSTOMS", sender);
    void again.start();
    expect(await again.node.waitForDecision(ref, WAIT_MS)).toMatchObject({ status: "permitted" });
    expect(countRecords(exchange, ref.id)).toBe(1);
  });
});

describe("nothing jams the inbox", () => {
  test("what cannot be processed is stored and reported, and what follows is received", async () => {
    await using sender = await openNode("AL-CUSTOMS");
    await using receiver = await openNode("RS-FIU");
    void sender.start();
    const first = await sender.node.send(createRequest(["RS-FIU"]));
    const second = await sender.node.send(createRequest(["RS-FIU"]));
    await sender.node.waitForDecision(second.ref, WAIT_MS);
    const [one, two] = receiver.post.inbox.takeAll() as [InboxDelivery, InboxDelivery];
    const broken: InboxDelivery[] = [
      { ...one, kind: "unknown", id: "leix.in.x" },
      { ...one, kind: "notice", payload: new Uint8Array() },
      { ...one, kind: "decision", payload: new Uint8Array([1]) },
      { ...one, id: "another", payload: new Uint8Array([2]) },
      await forgeCopy(exchange, one, "RS-FIU", { content: { aud: "other.example" } }),
    ];
    receiver.post.inbox.add(...broken, two);
    void receiver.start();
    await receiver.log.until("message.received", ({ messageId }) => messageId === second.ref.id);
    expect(receiver.post.acknowledged).toHaveLength(broken.length + 1);
    const codes = receiver.log.events.flatMap((event) => ("code" in event ? [event.code] : []));
    expect(codes).toEqual([
      "input/kind-unknown",
      "input/not-json",
      "input/not-json",
      "input/not-json",
      "claims/audience",
    ]);
    // Which of the two acknowledgements comes first is not said.
    const { archive } = sender.node;
    await sender.log.until("message.received", () => archive.listAcknowledgements(first.ref).length > 0);
    expect(archive.listAcknowledgements(first.ref)).toMatchObject([{ status: "unverifiable" }]);
    expect(() => receiver.node.archive.findRef(first.ref.id)).toThrow(
      expect.objectContaining({ code: "claims/audience" }),
    );
  });

  test("what is delivered again is dropped, and acknowledged to its sender once", async () => {
    await using sender = await openNode("AL-CUSTOMS");
    await using receiver = await openNode("RS-FIU");
    const { ref } = await sender.node.send(createRequest(["RS-FIU"]));
    const [copy] = receiver.post.inbox.takeAll() as [InboxDelivery];
    const marker = { ...copy, kind: "notice" };
    receiver.post.inbox.add(copy, copy, copy, alterPayload(copy, { decision: "other~" }), marker);
    void receiver.start();
    await receiver.log.until("notice.refused");
    await receiver.log.until("message.decided");
    const dropped = receiver.post.acknowledged.filter((one) => !one.startsWith("decision"));
    expect(dropped).toHaveLength(5);
    expect(receiver.node.archive.listReceived()).toMatchObject([{ status: "accepted", ref }]);
    expect(countAcknowledgements(exchange, ref.id, "RS-FIU")).toBe(1);
  });

  test("a better copy heals a bad one", async () => {
    await using sender = await openNode("AL-CUSTOMS");
    await using receiver = await openNode("RS-FIU");
    const { ref } = await sender.node.send(createRequest(["RS-FIU"]));
    const [copy] = receiver.post.inbox.takeAll() as [InboxDelivery];
    receiver.post.inbox.add(alterPayload(copy, { decision: "other~" }));
    void receiver.start();
    await receiver.log.until("message.unverifiable");
    receiver.post.inbox.add(copy);
    await receiver.log.until("message.received", ({ messageId }) => messageId === ref.id);
    expect(receiver.node.archive.find(ref.id)).toMatchObject({ status: "accepted" });
  });
});

describe("membership that is not there yet", () => {
  test("a message under a new key waits until the registry can be asked, then is accepted", async () => {
    await using sender = await openNode("RS-SPOC");
    await using receiver = await openNode("RS-FIU");
    void receiver.start();
    await receiver.log.until("membership.refreshed");
    receiver.post.rulesFault = "broker/no-answer";
    const { key, registered } = createSigningPair();
    await changeAgency(exchange, "RS-SPOC", ({ keys }) => ({ keys: [...keys, registered] }), [key]);
    await sender.stop();
    await writeFile(
      join(sender.folder, "signing.jwk"),
      JSON.stringify({ ...key.jwk, kid: key.kid, alg: key.alg }),
    );
    await using renewed = await openNode("RS-SPOC", sender);
    const { ref } = await renewed.node.send(createRequest(["RS-FIU"]));
    expect(await receiver.log.until("arrival.deferred")).toMatchObject({
      id: ref.id,
      code: "broker/no-answer",
    });
    expect(receiver.node.archive.listReceived()).toEqual([]);
    await receiver.stop();
    await using again = await openNode("RS-FIU", receiver);
    void again.start();
    await again.log.until("message.received", ({ messageId }) => messageId === ref.id);
    await again.log.until("message.decided");
    expect(countAcknowledgements(exchange, ref.id, "RS-FIU")).toBe(1);
  });
});

describe("a ledger that goes back", () => {
  test("stops the node, and stops it again", async () => {
    await using sender = await openNode("AL-CUSTOMS");
    await using receiver = await openNode("RS-FIU");
    void sender.start();
    const { ref } = await sender.node.send(createRequest(["RS-FIU"]));
    await sender.node.waitForDecision(ref, WAIT_MS);
    const [copy] = receiver.post.inbox.takeAll() as [InboxDelivery];
    const place = { index: exchange.records.length + 50, at: exchange.nowMs / 1000 - 60 };
    receiver.post.inbox.add(copy, {
      ...(await forgeCopy(exchange, copy, "RS-FIU", { content: place })),
      sender: exchange.accountOf("RS-SPOC"),
    });
    await expect(receiver.start()).rejects.toMatchObject({ code: "ledger/rolled-back" });
    await using again = await openNode("RS-FIU", receiver);
    await expect(again.start()).rejects.toMatchObject({ code: "ledger/rolled-back" });
    expect(again.node.archive.listReceived()).toMatchObject([{ ref: { id: ref.id } }]);
  });
});
