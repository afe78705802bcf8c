import { type AccountId, limits } from "@leix/protocol";
import { startTestBroker, type TestBroker, type TestConnection } from "@leix/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createNkey, toAccountId } from "./accounts/nkeys.ts";
import { watchConnection } from "./connection-watch.ts";
import { type OutDrain, openOutDrain } from "./out-drain.ts";
import { sendMessage } from "./party-requests.ts";
import type { OutMessage } from "./round-robin.ts";

const PARTIES = ["AL-SPOC", "RS-SPOC", "XK-SPOC"] as const;
type Party = (typeof PARTIES)[number];

let broker: TestBroker;
let policy: TestConnection;
let drain: OutDrain;
const { signal } = new AbortController();
beforeEach(async () => {
  broker = await startTestBroker({ parties: PARTIES });
  policy = await broker.connect("policy");
  drain = openOutDrain(policy);
});
afterEach(async () => {
  await drain.close();
  await broker[Symbol.asyncDispose]();
});

function account(party: Party): AccountId {
  return broker.party(party).account;
}

/** Sends so many messages of a party; each says its number. */
async function send(party: Party, count: number, bytes = 100): Promise<void> {
  await using nc = await broker.connectParty(party);
  for (let sent = 0; sent < count; sent += 256) {
    const part = Array.from({ length: Math.min(256, count - sent) }, (_, i) => {
      const data = new Uint8Array(bytes);
      data.set(new TextEncoder().encode(String(sent + i)));
      return sendMessage(nc, data);
    });
    await Promise.all(part);
  }
}

function toText({ data }: OutMessage): string {
  return new TextDecoder().decode(data).replaceAll("\0", "");
}

/** Takes rounds, acknowledging each, until so many messages were taken. */
async function take(count: number): Promise<OutMessage[][]> {
  const rounds: OutMessage[][] = [];
  while (rounds.flat().length < count) {
    const round = await drain.next(signal);
    if (round === undefined) throw new Error("the drain ended");
    for (const message of round) message.ack();
    rounds.push([...round]);
  }
  return rounds;
}

describe("openOutDrain", () => {
  it("gives what was sent, with its account, place and time, in the order of each account", async () => {
    const before = Date.now();
    await send("AL-SPOC", 40);
    await send("RS-SPOC", 40);
    for (const party of PARTIES) drain.add(account(party));
    const messages = (await take(80)).flat();
    for (const party of ["AL-SPOC", "RS-SPOC"] as const) {
      const own = messages.filter((message) => message.account === account(party));
      expect(own.map(toText)).toEqual(Array.from({ length: 40 }, (_, i) => String(i)));
    }
    // Which account is served first is not said; AL-SPOC was the first to send.
    const first = messages.find((message) => message.account === account("AL-SPOC"));
    expect(first).toMatchObject({ sequence: 1, deliveries: 1, subject: `leix.out.${account("AL-SPOC")}` });
    expect(first?.storedMs).toBeGreaterThanOrEqual(before);
    expect(first?.storedMs).toBeLessThanOrEqual(Date.now());
  });

  it("does not let an account with 5,000 waiting delay another's single message", async () => {
    await send("AL-SPOC", 5_000);
    drain.add(account("AL-SPOC"));
    drain.add(account("RS-SPOC"));
    await take(1_000);
    const single = send("RS-SPOC", 1);
    let others = 0;
    while (true) {
      const [round = []] = await take(1);
      if (round.some((message) => message.account === account("RS-SPOC"))) break;
      others += round.length;
      expect(round.length).toBeLessThanOrEqual(16);
    }
    await single;
    expect(others).toBeLessThan(3_000);
  });

  it("gives a message that was given back again, alone and counted", async () => {
    await send("AL-SPOC", 3);
    drain.add(account("AL-SPOC"));
    const [first] = (await drain.next(signal)) ?? [];
    expect(first).toMatchObject({ deliveries: 1 });
    first?.release();
    const rounds = await take(3);
    const again = rounds.find((round) => round.some((message) => message.sequence === first?.sequence));
    expect(again).toHaveLength(1);
    expect(again?.[0]).toMatchObject({ deliveries: 2 });
  });

  it("goes on behind what is set aside, and gives that back when it is closed", async () => {
    await send("AL-SPOC", 40);
    drain.add(account("AL-SPOC"));
    const aside: OutMessage[] = [];
    while (aside.length < 40) {
      const round = (await drain.next(signal)) ?? [];
      for (const message of round) message.postpone();
      aside.push(...round);
    }
    expect(new Set(aside.map(({ sequence }) => sequence)).size).toBe(40);
    for (const message of aside.slice(0, 10)) message.ack();
    await drain.close();
    drain = openOutDrain(policy);
    drain.add(account("AL-SPOC"));
    const again = (await take(30)).flat();
    expect(again.map(({ deliveries }) => deliveries)).toEqual(again.map(() => 2));
    expect(again.map(toText).toSorted()).toEqual(aside.slice(10).map(toText).toSorted());
  });

  it("begins with one message, so that one that kills its reader has few others in flight", async () => {
    await send("AL-SPOC", 50);
    drain.add(account("AL-SPOC"));
    expect(await drain.next(signal)).toHaveLength(1);
    const waiting = drain.next(AbortSignal.timeout(300));
    expect(await waiting).toBeUndefined();
  });

  it("does not hold more than its share, however large the messages", async () => {
    drain = openOutDrain(policy, { heldBytesMax: 3 * 1_048_576 });
    await send("AL-SPOC", 20, limits.MESSAGE_BYTES_MAX);
    drain.add(account("AL-SPOC"));
    await take(4);
    const held: OutMessage[] = [];
    while (true) {
      const round = await drain.next(AbortSignal.timeout(500));
      if (round === undefined) break;
      held.push(...round);
    }
    expect(held.length).toBeLessThanOrEqual(3);
    for (const message of held) message.ack();
    expect((await take(16 - held.length)).flat()).toHaveLength(16 - held.length);
  });

  it("gives back what was not taken when it is closed, to another at once", async () => {
    await send("AL-SPOC", 200);
    drain.add(account("AL-SPOC"));
    const before = (await take(100)).flat().length;
    await drain.close();
    expect(await drain.next(signal)).toBeUndefined();
    const startedAt = performance.now();
    drain = openOutDrain(policy);
    drain.add(account("AL-SPOC"));
    await take(200 - before);
    expect(performance.now() - startedAt).toBeLessThan(15_000);
  });

  it("shares an account between two drains, each message once", async () => {
    await send("AL-SPOC", 300);
    await using other = openOutDrain(await broker.connect("policy"));
    const taken: number[] = [];
    const work = async (one: OutDrain): Promise<void> => {
      one.add(account("AL-SPOC"));
      while (taken.length < 300) {
        const round = await one.next(AbortSignal.timeout(1_000));
        for (const message of round ?? []) {
          taken.push(message.sequence);
          message.ack();
        }
      }
    };
    await Promise.all([work(drain), work(other)]);
    expect(taken.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 300 }, (_, i) => i + 1));
  });

  it("goes on within seconds after a crash of the server", async () => {
    drain.add(account("AL-SPOC"));
    for (let round = 0; round < 3; round++) {
      const connected = Promise.withResolvers<void>();
      const watch = watchConnection(policy, () => connected.resolve());
      await broker.kill();
      await broker.restart();
      await connected.promise;
      watch.close();
      await send("AL-SPOC", 5);
      const startedAt = performance.now();
      await take(5);
      expect(performance.now() - startedAt).toBeLessThan(3_000);
    }
  });

  it("starts with a consumer that is made later", async () => {
    const identity = createNkey("account");
    drain.add(toAccountId(identity));
    expect(await drain.next(AbortSignal.timeout(500))).toBeUndefined();
    await broker.addParty("ME-SPOC", identity);
    await using nc = await broker.connectParty("ME-SPOC");
    await sendMessage(nc, new TextEncoder().encode("late"));
    expect((await take(1)).flat().map(toText)).toEqual(["late"]);
  });

  it("stops giving an account's messages when it is removed", async () => {
    drain.add(account("AL-SPOC"));
    drain.remove(account("AL-SPOC"));
    await send("AL-SPOC", 1);
    expect(await drain.next(AbortSignal.timeout(500))).toBeUndefined();
    drain.add(account("AL-SPOC"));
    expect((await take(1)).flat()).toHaveLength(1);
  });
});
