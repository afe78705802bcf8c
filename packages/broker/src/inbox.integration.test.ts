import { Digest, type InboxKind, limits, toInboxSubject } from "@leix/protocol";
import { startTestBroker, type TestBroker, type TestConnection } from "@leix/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type BatchMessage, commitBatch } from "./atomic-batch.ts";
import { watchConnection } from "./connection-watch.ts";
import type { Delivery } from "./delivery.ts";
import { type Inbox, openInbox, parseInboxSubject } from "./inbox.ts";
import { answerParties } from "./party-questions.ts";
import { requestRules, sendMessage } from "./party-requests.ts";

let broker: TestBroker;
let policy: TestConnection;
let party: TestConnection;
beforeAll(async () => {
  broker = await startTestBroker({ parties: ["AL-SPOC", "RS-SPOC"] });
  policy = await broker.connect("policy");
  party = await broker.connectParty("AL-SPOC");
});
afterAll(() => broker[Symbol.asyncDispose]());

const { signal } = new AbortController();
const encode = (text: string) => new TextEncoder().encode(text);
const decode = (data: Uint8Array) => new TextDecoder().decode(data);
let ids = 0;

function toCopy(text: string, kind: InboxKind = "copy", to = "AL-SPOC"): BatchMessage {
  const id = Digest.parse(`${String(++ids).padStart(42, "0")}A`);
  const subject = toInboxSubject(broker.party(to).account, kind, broker.party("RS-SPOC").account, id);
  return { subject, data: encode(text) };
}

async function take(inbox: Inbox, count: number): Promise<Delivery[]> {
  const taken: Delivery[] = [];
  while (taken.length < count) {
    const delivery = await inbox.next(signal);
    if (delivery === undefined) throw new Error("the inbox ended");
    delivery.ack();
    taken.push(delivery);
  }
  return taken;
}

describe("sendMessage", () => {
  it("returns the place under which the message is kept", async () => {
    const first = await sendMessage(party, encode("a"));
    expect(await sendMessage(party, encode("a"))).toEqual({ sequence: first.sequence + 1 });
  });

  it("takes the largest message and refuses a larger one before it is sent", async () => {
    await sendMessage(party, new Uint8Array(limits.MESSAGE_BYTES_MAX));
    const sent = party.stats().outMsgs;
    const sending = sendMessage(party, new Uint8Array(limits.MESSAGE_BYTES_MAX + 1));
    await expect(sending).rejects.toMatchObject({ code: "input/too-large" });
    expect(party.stats().outMsgs).toBe(sent);
  });

  it("does not know when no answer comes", async () => {
    await broker.pause(party);
    const sending = sendMessage(party, encode("b")).catch((error: unknown) => error);
    const outcome = await sending;
    broker.server.resume();
    expect(outcome).toMatchObject({ code: "broker/not-acknowledged" });
  });

  it("is refused to one who is not a party", async () => {
    await expect(sendMessage(policy, encode("c"))).rejects.toMatchObject({ code: "broker/refused" });
  });
});

describe("openInbox", () => {
  it("gives the party's own messages, in order, and says what they are", async () => {
    await using inbox = openInbox(party, broker.party("AL-SPOC").account);
    const own = [toCopy("1"), toCopy("2", "decision"), toCopy("3", "notice")];
    await commitBatch(policy, [...own, toCopy("other", "copy", "RS-SPOC")]);
    const taken = await take(inbox, 3);
    expect(taken.map(({ data }) => decode(data))).toEqual(["1", "2", "3"]);
    expect(taken.map(({ subject }) => parseInboxSubject(subject)?.kind)).toEqual([
      "copy",
      "decision",
      "notice",
    ]);
    expect(await inbox.next(AbortSignal.timeout(300))).toBeUndefined();
  });

  it("gives a message again that was given back, and not one that was acknowledged", async () => {
    const account = broker.party("AL-SPOC").account;
    await commitBatch(policy, [toCopy("kept"), toCopy("back")]);
    {
      await using inbox = openInbox(party, account);
      const first = await inbox.next(signal);
      first?.ack();
      const second = await inbox.next(signal);
      expect([first, second].map((one) => one && decode(one.data))).toEqual(["kept", "back"]);
      second?.release();
    }
    await using inbox = openInbox(party, account);
    const [again] = await take(inbox, 1);
    expect(again && decode(again.data)).toBe("back");
    // Twice, or once more where the closing inbox was given it again and gave it back.
    expect(again?.deliveries).toBeGreaterThanOrEqual(2);
    expect(await inbox.next(AbortSignal.timeout(300))).toBeUndefined();
  });

  it("frees the subject when it is acknowledged, and not before", async () => {
    await using inbox = openInbox(party, broker.party("AL-SPOC").account);
    const copy = toCopy("once");
    await commitBatch(policy, [copy]);
    await expect(commitBatch(policy, [copy])).rejects.toMatchObject({ code: "broker/subject-used" });
    await take(inbox, 1);
    await party.flush();
    await expect
      .poll(() =>
        commitBatch(policy, [copy]).then(
          () => "stored",
          () => "used",
        ),
      )
      .toBe("stored");
    await take(inbox, 1);
  });

  it("goes on within seconds after a crash of the server", async () => {
    await using inbox = openInbox(party, broker.party("AL-SPOC").account);
    const connected = Promise.withResolvers<void>();
    const watch = watchConnection(policy, () => connected.resolve());
    await broker.kill();
    await broker.restart();
    await connected.promise;
    watch.close();
    const startedAt = performance.now();
    await commitBatch(policy, [toCopy("after")]);
    expect((await take(inbox, 1)).map(({ data }) => decode(data))).toEqual(["after"]);
    expect(performance.now() - startedAt).toBeLessThan(3_000);
  });

  it("brings through what fills it", async () => {
    await using inbox = openInbox(party, broker.party("AL-SPOC").account);
    const copies = Array.from({ length: 2_000 }, (_, i) => toCopy(String(i)));
    await commitBatch(policy, copies.slice(0, 1_000));
    await commitBatch(policy, copies.slice(1_000));
    const texts = (await take(inbox, 2_000)).map(({ data }) => Number(decode(data)));
    // What was on its way to an inbox that was closed just then comes again later, behind the others.
    expect(texts.toSorted((one, other) => one - other)).toEqual(Array.from({ length: 2_000 }, (_, i) => i));
  });
});

describe("requestRules", () => {
  it("is answered by the registry, which is told by the broker who asks", async () => {
    await using registry = await broker.connect("registry");
    const controller = new AbortController();
    const errors: unknown[] = [];
    const serving = answerParties(
      registry,
      "leix.rules",
      async (account, question) => {
        if (decode(question) === "fail") throw new Error("no answer to this");
        return encode(`${account} asked ${decode(question)}`);
      },
      { signal: controller.signal, onError: (error) => errors.push(error) },
    );
    await registry.flush();
    expect(decode(await requestRules(party, encode("keys?")))).toBe(
      `${broker.party("AL-SPOC").account} asked keys?`,
    );
    await expect(requestRules(party, encode("fail"))).rejects.toMatchObject({ code: "broker/no-answer" });
    expect(errors).toHaveLength(1);
    controller.abort();
    await serving;
  });

  it("says that there is no answer when no registry is there", async () => {
    await expect(requestRules(party, encode("?"))).rejects.toMatchObject({ code: "broker/no-answer" });
  });
});
