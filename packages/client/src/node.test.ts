import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseRecord } from "@leix/protocol";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import {
  type AgencyName,
  createTestExchange,
  PATIENCE,
  type TestExchange,
  type TestPost,
} from "./exchange.testkit.ts";
import { alterPayload, forgeCopy } from "./forge.testkit.ts";
import { changeAgency, createSigningPair } from "./membership-change.testkit.ts";
import { type AgencyNode, createNode } from "./node.ts";
import {
  createEventLog,
  createRandomBytes,
  createRequest,
  type EventLog,
  OFFICER,
  toAgencies,
} from "./party.testkit.ts";
import type { InboxDelivery } from "./ports.ts";
import { openStore } from "./store.ts";

vi.setConfig(PATIENCE);

let exchange: TestExchange;
beforeAll(async () => {
  exchange = await createTestExchange();
});
afterAll(() => exchange[Symbol.asyncDispose]());
/** Inboxes are the exchange's, and outlive a test. */
beforeEach(() => {
  for (const agency of ["AL-CUSTOMS", "RS-FIU", "RS-SPOC", "AL-SPOC"] as const) {
    exchange.connect(agency).inbox.takeAll();
  }
});

interface TestNode extends AsyncDisposable {
  readonly node: AgencyNode;
  readonly post: TestPost;
  readonly log: EventLog;
  readonly folder: string;
  /** Starts the loop; stopped at the end of the test. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

interface TestNodeOptions {
  readonly folder?: string;
  /** How far its clock is ahead of the exchange's. */
  readonly aheadMs?: number;
}

async function openNode(agency: AgencyName, options: TestNodeOptions = {}): Promise<TestNode> {
  const post = exchange.connect(agency);
  const log = createEventLog();
  const folder = options.folder ?? (await exchange.copyFolder(agency));
  const clock = () => exchange.nowMs + (options.aheadMs ?? 0);
  const node = await createNode({
    folder,
    post,
    onEvent: log.onEvent,
    clock,
    randomBytes: createRandomBytes(),
  });
  const stopping = new AbortController();
  let running: Promise<void> = Promise.resolve();
  const stop = async () => {
    stopping.abort();
    await running;
    await node[Symbol.asyncDispose]();
  };
  return {
    node,
    post,
    log,
    folder,
    start() {
      running = node.run(stopping.signal);
      running.catch(() => undefined);
      return running;
    },
    stop,
    [Symbol.asyncDispose]: () => stop().catch(() => undefined),
  };
}

const WAIT_MS = 20_000;

/** How often a message stands in the ledger. */
function countRecords(id: string): number {
  return exchange.records
    .map((bytes) => parseRecord(bytes))
    .filter((one) => one.kind === "message" && one.claims.id === id).length;
}

function countAcknowledgements(id: string, by: AgencyName): number {
  return exchange.records
    .map((bytes) => parseRecord(bytes))
    .filter((one) => one.kind === "message" && one.claims.kind === "acknowledgement")
    .filter((one) => one.kind === "message" && one.claims.re?.id === id && (one.claims.iss as string) === by)
    .length;
}

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
        { agency: "RS-FIU", effect: "deny", reasons: [{ reason: "P06", title: "Lawful purpose" }] },
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
    expect(countRecords(ref.id)).toBe(1);
    const bytes = [...sender.post.sent, ...again.post.sent].map(String);
    expect(new Set(bytes).size).toBe(1);
    expect(again.node.problems()).toEqual([]);
  });

  test("an answer that does not come in time is asked for again at once", async () => {
    await using sender = await openNode("AL-CUSTOMS");
    sender.post.sendFaults.push({ code: "broker/not-acknowledged", arrives: true });
    const { ref, status } = await sender.node.send(createRequest(["RS-FIU"]));
    expect(status).toBe("received");
    expect(sender.post.sent).toHaveLength(2);
    expect(countRecords(ref.id)).toBe(1);
  });

  test("a message without a decision is sent again at the next start", async () => {
    await using sender = await openNode("AL-CUSTOMS");
    const { ref } = await sender.node.send(createRequest(["RS-FIU"]));
    exchange.connect("AL-CUSTOMS").inbox.takeAll();
    await sender.stop();
    await using again = await openNode("AL-CUSTOMS", sender);
    void again.start();
    expect(await again.node.waitForDecision(ref, WAIT_MS)).toMatchObject({ status: "permitted" });
    expect(countRecords(ref.id)).toBe(1);
  });
});

describe("nothing jams the inbox", () => {
  test("what cannot be processed is stored, acknowledged to the broker, reported; and what follows is received", async () => {
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
      "input/kind-unknown",
      "input/not-json",
      "input/not-json",
      "claims/audience",
    ]);
    await sender.log.until("message.received");
    expect(sender.node.archive.listAcknowledgements(first.ref)).toMatchObject([{ status: "unverifiable" }]);
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
    await receiver.log.until("message.unverifiable");
    await receiver.log.until("message.decided");
    const dropped = receiver.post.acknowledged.filter((one) => !one.startsWith("decision"));
    expect(dropped).toHaveLength(5);
    expect(receiver.node.archive.listReceived()).toMatchObject([{ status: "accepted", ref }]);
    expect(countAcknowledgements(ref.id, "RS-FIU")).toBe(1);
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
    await changeAgency(exchange, "RS-SPOC", ({ keys }) => ({ keys: [...keys, registered] }));
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
    expect(countAcknowledgements(ref.id, "RS-FIU")).toBe(1);
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
