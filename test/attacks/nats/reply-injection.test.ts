import { commitBatch, openInbox, sendMessage } from "@leix/broker";
import { Digest, toInboxSubject, toOutSubject } from "@leix/protocol";
import type { NatsConnection } from "@nats-io/transport-node";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Siege, startSiege, toHeaders } from "./siege.ts";
import { type SingleAccount, startSingleAccount } from "./single-account.ts";

const USERS = ["ordinary", "unrestricted"] as const;

/**
 * The server checks a publisher's right on the subject, never on the reply. So in one account an agency can
 * make JetStream write what it chooses where it may not (nats.md 1.1). Each attack is shown to work there
 * first.
 */
describe("in a single account, where only permissions keep agencies apart", () => {
  let single: SingleAccount;
  let agency: NatsConnection;
  beforeEach(async () => {
    single = await startSingleAccount();
    agency = await single.connectAgency("A");
  });
  afterEach(async () => {
    await agency.close();
    await single[Symbol.asyncDispose]();
  });

  const subjects = async () => (await single.readOut()).map(({ subject }) => subject);
  const texts = async () => (await single.readOut()).map(({ text }) => text);

  it("a publication with another's subject as its reply is stored as if the other had sent it", async () => {
    agency.publish("out.A.x", "bait", { reply: "out.B.injected" });
    await expect.poll(subjects).toEqual(["out.A.x", "out.B.injected"]);
  });

  it("a pull with another's subject as its reply is stored as well", async () => {
    await single.deliverToA("1", "chosen content");
    const next = "$JS.API.CONSUMER.MSG.NEXT.IN.A";
    agency.publish(next, JSON.stringify({ batch: 1 }), { reply: "out.B.injected" });
    await expect.poll(texts).toEqual(["chosen content"]);
  });

  it("whoever may make consumers can have them deliver into another's inbox", async () => {
    await single.deliverToA("1", "chosen content");
    await using victim = await single.connectAgency("B");
    const received: string[] = [];
    victim.subscribe("_INBOX_B.answer", {
      callback: (_error, message) => void received.push(message.string()),
    });
    await victim.flush();
    await using creator = await single.connectAgency("C");
    const config = { name: "evil", deliver_subject: "_INBOX_B.answer", filter_subject: "in.A.1" };
    const request = JSON.stringify({ stream_name: "IN", config });
    await creator.request("$JS.API.CONSUMER.CREATE.IN.evil.in.A.1", request, { timeout: 5_000 });
    await expect.poll(() => received).toEqual(["chosen content"]);
  });

  it("a message id of another, published first, swallows the other's message", async () => {
    await using victim = await single.connectAgency("B");
    const headers = toHeaders({ "Nats-Msg-Id": "b-1" });
    await agency.request("out.A.x", "poison", { timeout: 5_000, headers });
    const answer = await victim.request("out.B.y", "genuine", { timeout: 5_000, headers });
    expect(answer.json()).toMatchObject({ duplicate: true });
    expect(await subjects()).toEqual(["out.A.x"]);
  });
});

/** V is the victim; what an attacker could want the broker to write to in its place. */
const FOREIGN_REPLIES = [
  "leix.out.V",
  "leix.in.V.copy.V.x",
  "leix.ledger.event.injected",
  "leix.quarantine.injected.x",
  "leix.rules.V",
  "leix.log.V",
  "leix.checkpoint",
  "$JS.ACK.INBOX.V.1.1.1.1795293847567912346.0",
  "$JS.API.CONSUMER.MSG.NEXT.INBOX.V",
  "$JS.API.STREAM.DELETE.LEDGER",
  "$SYS.REQ.CLAIMS.UPDATE",
  "anything.at.all",
];
const ATTEMPTS = USERS.flatMap((user) => FOREIGN_REPLIES.map((pattern) => [pattern, user] as const));

describe("in LEIX, where every party has an account of its own", () => {
  let siege: Siege;
  beforeAll(async () => {
    siege = await startSiege();
  });
  afterAll(() => siege[Symbol.asyncDispose]());
  beforeEach(async () => {
    await siege.seen();
  });

  const toReply = (pattern: string) => pattern.replace(/\bV\b/g, siege.victim);

  /**
   * Nothing but the attacker's own traffic was seen in BROKER, and nothing at all in the victim's account.
   */
  async function expectOnlyOwnTraffic(): Promise<void> {
    const { attacker } = siege;
    const own = [
      toOutSubject(attacker),
      `$JS.API.CONSUMER.MSG.NEXT.INBOX.${attacker}`,
      `$JS.ACK.INBOX.${attacker}.`,
      `leix.in.${attacker}.`,
    ];
    const foreign = (await siege.seen()).filter(({ where, subject }) => {
      const isWayBack = subject.startsWith("_R_.") || subject.startsWith("$JS.API.CONSUMER.INFO.");
      return where === "VICTIM" || !(isWayBack || own.some((start) => subject.startsWith(start)));
    });
    expect(foreign).toEqual([]);
  }

  it.each(ATTEMPTS)("publishing with the reply %s reaches nobody (%s)", async (pattern, user) => {
    const before = await siege.counts();
    const nc = siege[user];
    nc.publish("leix.send", "bait", { reply: toReply(pattern) });
    await nc.flush();
    // Its PubAck comes after that of the bait: what it could do, it has done.
    await sendMessage(nc, new TextEncoder().encode("barrier"));
    await expectOnlyOwnTraffic();
    const { OUT = 0, ...rest } = await siege.counts();
    // The bait and the barrier; the server refuses an acknowledgement subject as a reply outright.
    expect(OUT - (before.OUT ?? 0)).toBe(pattern.startsWith("$JS.ACK.") ? 1 : 2);
    expect({ OUT: before.OUT, ...rest }).toEqual(before);
  });

  it.each(ATTEMPTS)("pulling with the reply %s reaches nobody (%s)", async (pattern, user) => {
    const nc = siege[user];
    await fillInbox(2);
    const before = await siege.counts();
    await siege.seen();
    const next = `$JS.API.CONSUMER.MSG.NEXT.INBOX.${siege.attacker}`;
    nc.publish(next, JSON.stringify({ batch: 1 }), { reply: toReply(pattern) });
    // Requests are served in their order: when this one is, the other has been.
    await using inbox = openInbox(nc, siege.attacker);
    const delivery = await inbox.next(AbortSignal.timeout(10_000));
    expect(delivery && new TextDecoder().decode(delivery.data)).toBe("chosen content");
    await expectOnlyOwnTraffic();
    expect(await siege.counts()).toEqual(before);
    delivery?.ack();
    await expect.poll(async () => (await siege.counts()).INBOX).toBe((before.INBOX ?? 0) - 1);
  });

  let copies = 0;
  /** The attacker's own inbox, with content that it chose (a message to itself through an accomplice). */
  async function fillInbox(count: number): Promise<void> {
    await using policy = await siege.broker.connect("policy");
    const messages = Array.from({ length: count }, () => {
      const id = Digest.parse(`${String(copies++).padStart(42, "0")}A`);
      const data = new TextEncoder().encode("chosen content");
      return { subject: toInboxSubject(siege.attacker, "copy", siege.victim, id), data };
    });
    await commitBatch(policy, messages);
  }

  it("a reply to itself does no more than two messages of its own", async () => {
    const { OUT: before = 0 } = await siege.counts();
    siege.ordinary.publish("leix.send", "loop", { reply: "leix.send" });
    await siege.ordinary.flush();
    await sendMessage(siege.ordinary, new TextEncoder().encode("barrier"));
    await expectOnlyOwnTraffic();
    expect(((await siege.counts()).OUT ?? 0) - before).toBeLessThanOrEqual(3);
  });

  it("Nats-Msg-Id poisoning: another's id swallows nothing, for no client of ours uses one", async () => {
    await using victim = await siege.broker.connectParty("VICTIM");
    const { OUT: before = 0 } = await siege.counts();
    const headers = toHeaders({ "Nats-Msg-Id": "v-1" });
    await siege.ordinary.request("leix.send", "poison", { timeout: 5_000, headers });
    await siege.seen();
    const { sequence } = await sendMessage(victim, new TextEncoder().encode("genuine"));
    expect(sequence).toBeGreaterThan(0);
    expect((await siege.counts()).OUT).toBe(before + 2);
    const stored = (await siege.seen()).find(({ subject }) => subject === toOutSubject(siege.victim));
    // The one header is the server's own, of the import; the stream does not keep it.
    expect(stored).toMatchObject({ text: "genuine", headers: ["Nats-Request-Info"] });
  });
});
