import { sendMessage } from "@leix/broker";
import { encodeUtf8, toDigest } from "@leix/protocol";
import {
  checkExactlyOnce,
  type Forge,
  openForge,
  type PartyWire,
  startFaultyPolicy,
  startPolicy,
  startTestExchange,
  type TestExchange,
  untilIdle,
} from "@leix/testkit";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { countRecorded, RECOVERY_MS } from "./load.ts";
import { hastenRedelivery } from "./redelivery.ts";

/**
 * More in one round than the broker would hold for one connection, were each read with all that follows it.
 */
const FLOOD_EACH = 120;

let exchange: TestExchange;
let forge: Forge;
let wire: PartyWire;
beforeAll(async () => {
  exchange = await startTestExchange({ agencies: ["RS-FIU", "ME-SPOC"] });
  forge = await openForge(exchange);
  wire = await exchange.wire("AL-SPOC");
  await exchange.running.service("policy").stop();
});
afterAll(() => exchange?.[Symbol.asyncDispose]());

let published = 0;
beforeEach(() => {
  published = exchange.published.length;
});

async function publish(bytes: Uint8Array, times: number): Promise<void> {
  for (let i = 0; i < times; i++) await wire.publish(bytes);
}

/** As a party whose inbox nobody reads. */
async function publishUnseen(party: string, bytes: Uint8Array): Promise<void> {
  await exchange.as(party, (nc) => sendMessage(nc, bytes));
}

const toRequest = (text: string) => forge.message("AL-SPOC", ["RS-FIU", "ME-SPOC"], { text });

test("sent three times before anyone decides, it is one message with one answer", async () => {
  const { bytes, id, ref } = await toRequest("three times before");
  await publish(bytes, 3);
  await using _policy = await startPolicy(exchange);
  const answer = await wire.untilAnswered(id);
  expect(answer.decision.outcome).toBe("permitted");
  expect(await checkExactlyOnce(exchange, RECOVERY_MS)).toEqual([]);
  expect(await countRecorded(exchange, [ref.digest])).toBe(1);
});

test("sent again after its decision, it gets the same answer, and arrives once", async () => {
  await using _policy = await startPolicy(exchange);
  const { bytes, id, ref } = await toRequest("three times after");
  await publish(bytes, 1);
  const { decision } = await wire.untilAnswered(id);
  await exchange.node("RS-FIU").untilReceived(ref);
  for (let count = 2; count <= 4; count++) {
    await publish(bytes, 1);
    const again = await wire.untilAnswered(id, count);
    expect(again.decision.jws.token).toBe(decision.jws.token);
  }
  expect(await checkExactlyOnce(exchange, RECOVERY_MS)).toEqual([]);
  expect(exchange.published.length - published).toBe(4);
});

test("a rejected input sent again gets the same rejection", async () => {
  await using _policy = await startPolicy(exchange);
  const bytes = encodeUtf8("not JSON, three times");
  await publish(bytes, 1);
  const { decision } = await wire.untilAnswered(toDigest(bytes));
  expect(decision.content).toMatchObject({ kind: "rejection", code: "input/not-json" });
  await publish(bytes, 1);
  const again = await wire.untilAnswered(toDigest(bytes), 2);
  expect(again.decision.jws.token).toBe(decision.jws.token);
  expect(await checkExactlyOnce(exchange, RECOVERY_MS)).toEqual([]);
});

test(
  "a flood of repeats over a long ledger is answered on one connection",
  async () => {
    const senders = ["AL-SPOC", "MK-SPOC", "RS-SPOC", "AL-CUSTOMS"];
    const others = (sender: string) => senders.filter((one) => one !== sender);
    const wires = await Promise.all(senders.map((sender) => exchange.wire(sender)));
    const floods = await Promise.all(
      wires.map(async (one) => {
        const forged = Array.from({ length: FLOOD_EACH }, () => forge.message(one.party, others(one.party)));
        return { wire: one, messages: await Promise.all(forged) };
      }),
    );
    const publishAll = () =>
      Promise.all(
        floods.map(async (flood) => {
          for (const { bytes } of flood.messages) await flood.wire.publish(bytes);
        }),
      );
    const untilAllAnswered = (count: number) =>
      Promise.all(
        floods.flatMap((flood) =>
          flood.messages.map(({ id }) => flood.wire.untilAnswered(id, count, RECOVERY_MS)),
        ),
      );
    {
      await using _policy = await startPolicy(exchange);
      await publishAll();
      await untilAllAnswered(1);
      await untilIdle(exchange, RECOVERY_MS);
    }
    await publishAll();
    await using policy = await startPolicy(exchange);
    await untilAllAnswered(2);
    expect(await checkExactlyOnce(exchange, RECOVERY_MS)).toEqual([]);
    expect(policy.lines.filter((line) => line.includes("input.repeated"))).toHaveLength(
      senders.length * FLOOD_EACH,
    );
    expect(policy.lines.filter((line) => line.includes("broker.disconnected"))).toEqual([]);
  },
  RECOVERY_MS,
);

test(
  "sent again between its record and its routing, it is routed all the same",
  async () => {
    await hastenRedelivery(exchange);
    const read = await toRequest("between record and routing");
    await publish(read.bytes, 1);
    // Nobody takes this one's answer out of the sender's inbox until all is over.
    const unread = await forge.message("MK-SPOC", ["RS-FIU", "ME-SPOC"], { text: "unread" });
    await publishUnseen("MK-SPOC", unread.bytes);
    await using dying = await startFaultyPolicy(exchange, {
      faults: [{ at: "after record", time: 1, what: "kill" }],
      about: [read.ref.digest, unread.ref.digest],
    });
    expect(await dying.ended).toBe("SIGKILL");
    expect(await countRecorded(exchange, [read.ref.digest, unread.ref.digest])).toBe(2);
    await publish(read.bytes, 2);
    await publishUnseen("MK-SPOC", unread.bytes);
    await using _policy = await startPolicy(exchange);
    // What is answered here is a repeat: the first one is still in the hands of the dead service. What the
    // repeat lays, and the first one lays again, arrives once in effect.
    expect((await wire.untilAnswered(read.id)).decision.outcome).toBe("permitted");
    for (const agency of ["RS-FIU", "ME-SPOC"]) await exchange.node(agency).untilReceived(unread.ref);
    await (await exchange.wire("MK-SPOC")).untilAnswered(unread.id);
    expect(await checkExactlyOnce(exchange, RECOVERY_MS)).toEqual([]);
  },
  RECOVERY_MS,
);
