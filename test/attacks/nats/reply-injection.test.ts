import { commitBatch, openInbox, sendMessage } from "@leix/broker";
import { Digest, toInboxSubject, toOutSubject } from "@leix/protocol";
import type { NatsConnection } from "@nats-io/transport-node";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
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

describe("in LEIX, where every party has an account of its own", () => {
  let siege: Siege;
  beforeEach(async () => {
    siege = await startSiege();
  });
  afterEach(() => siege[Symbol.asyncDispose]());

  function foreignReplies(): string[] {
    const { victim } = siege;
    return [
      toOutSubject(victim),
      `leix.in.${victim}.copy.${victim}.x`,
      "leix.ledger.event.injected",
      "leix.quarantine.injected.x",
      `leix.rules.${victim}`,
      `leix.log.${victim}`,
      "leix.checkpoint",
      `$JS.ACK.INBOX.${victim}.1.1.1.1795293847567912346.0`,
      `$JS.API.CONSUMER.MSG.NEXT.INBOX.${victim}`,
      "$JS.API.STREAM.DELETE.LEDGER",
      "$SYS.REQ.CLAIMS.UPDATE",
      "anything.at.all",
    ];
  }

  /**
   * Nothing but the attacker's own traffic was seen in BROKER, and nothing at all in the victim's account.
   */
  async function expectOnlyOwnTraffic(): Promise<void> {
    const { attacker } = siege;
    const own = [
      toOutSubject(attacker),
      `$JS.API.CONSUMER.MSG.NEXT.INBOX.${attacker}`,
      `leix.in.${attacker}.`,
    ];
    const foreign = (await siege.seen()).filter(({ where, subject }) => {
      const isWayBack = subject.startsWith("_R_.") || subject.startsWith("$JS.API.CONSUMER.INFO.");
      return where === "VICTIM" || !(isWayBack || own.some((start) => subject.startsWith(start)));
    });
    expect(foreign).toEqual([]);
  }

  it.each(USERS)("a foreign reply to a publication reaches nobody (%s)", async (user) => {
    const nc = siege[user];
    const replies = foreignReplies();
    for (const reply of replies) nc.publish("leix.send", "bait", { reply });
    await nc.flush();
    // Its PubAck comes after all of theirs: what they could do, they have done.
    await sendMessage(nc, new TextEncoder().encode("barrier"));
    await expectOnlyOwnTraffic();
    // One of them the server refuses outright: an acknowledgement subject is never a reply.
    expect(await siege.counts()).toEqual({
      OUT: replies.length,
      LEDGER: 0,
      INBOX: 0,
      QUARANTINE: 0,
      CHECKPOINT: 0,
    });
  });

  it.each(USERS)("a foreign reply to a pull reaches nobody (%s)", async (user) => {
    const nc = siege[user];
    const replies = foreignReplies();
    const copies = replies.length + 1;
    await fillInbox(copies);
    await siege.seen();
    const next = `$JS.API.CONSUMER.MSG.NEXT.INBOX.${siege.attacker}`;
    for (const reply of replies) nc.publish(next, JSON.stringify({ batch: 1 }), { reply });
    // Requests are served in their order: when this one is, the others have been.
    await using inbox = openInbox(nc, siege.attacker);
    expect(await inbox.next(AbortSignal.timeout(10_000))).toBeDefined();
    await expectOnlyOwnTraffic();
    expect(await siege.counts()).toEqual({ OUT: 0, LEDGER: 0, INBOX: copies, QUARANTINE: 0, CHECKPOINT: 0 });
  });

  /** The attacker's own inbox, with content that it chose (a message to itself through an accomplice). */
  async function fillInbox(count: number): Promise<void> {
    await using policy = await siege.broker.connect("policy");
    const messages = Array.from({ length: count }, (_, i) => {
      const id = Digest.parse(`${String(i).padStart(42, "0")}A`);
      const data = new TextEncoder().encode("chosen content");
      return { subject: toInboxSubject(siege.attacker, "copy", siege.victim, id), data };
    });
    await commitBatch(policy, messages);
  }

  it("a reply to itself does no more than one message of its own", async () => {
    siege.ordinary.publish("leix.send", "loop", { reply: "leix.send" });
    await siege.ordinary.flush();
    await sendMessage(siege.ordinary, new TextEncoder().encode("barrier"));
    await expectOnlyOwnTraffic();
    expect((await siege.counts()).OUT).toBeLessThanOrEqual(3);
  });

  it("a message id of another swallows nothing: no client of ours uses one", async () => {
    await using victim = await siege.broker.connectParty("VICTIM");
    const headers = toHeaders({ "Nats-Msg-Id": "v-1" });
    await siege.ordinary.request("leix.send", "poison", { timeout: 5_000, headers });
    expect(await sendMessage(victim, new TextEncoder().encode("genuine"))).toEqual({ sequence: 2 });
    expect((await siege.counts()).OUT).toBe(2);
    const stored = (await siege.seen()).find(({ subject }) => subject === toOutSubject(siege.victim));
    // The one header is the server's own, of the import; the stream does not keep it.
    expect(stored).toMatchObject({ text: "genuine", headers: ["Nats-Request-Info"] });
  });

  it("its own inbox still works for whoever does not attack", async () => {
    await fillInbox(1);
    await using inbox = openInbox(siege.ordinary, siege.attacker);
    const delivery = await inbox.next(AbortSignal.timeout(5_000));
    expect(delivery && new TextDecoder().decode(delivery.data)).toBe("chosen content");
    delivery?.ack();
    await expect.poll(async () => (await siege.counts()).INBOX).toBe(0);
  });
});
