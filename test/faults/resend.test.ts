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
} from "@leix/testkit";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { countRecorded } from "./load.ts";

/** OUT gives back what a dead policy service had in hand after half a minute. */
const PATIENCE_MS = 120_000;

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

const toRequest = (text: string) => forge.message("AL-SPOC", ["RS-FIU", "ME-SPOC"], { text });

test("sent three times before anyone decides, it is one message with one answer", async () => {
  const { bytes, id, ref } = await toRequest("three times before");
  await publish(bytes, 3);
  await using _policy = await startPolicy(exchange);
  const answer = await wire.untilAnswered(id);
  expect(answer.decision.outcome).toBe("permitted");
  expect(await checkExactlyOnce(exchange, PATIENCE_MS)).toEqual([]);
  expect(await countRecorded(exchange, [ref.digest])).toBe(1);
});

test("sent again after its decision, it gets the same answer and goes nowhere", async () => {
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
  expect(await checkExactlyOnce(exchange, PATIENCE_MS)).toEqual([]);
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
  expect(await checkExactlyOnce(exchange, PATIENCE_MS)).toEqual([]);
});

test("sent again between its record and its routing, it is routed all the same", async () => {
  const { bytes, id, ref } = await toRequest("between record and routing");
  await publish(bytes, 1);
  await using dying = await startFaultyPolicy(exchange, {
    faults: [{ at: "after record", time: 1, what: "kill" }],
    about: [ref.digest],
  });
  expect(await dying.ended).toBe("SIGKILL");
  expect(await countRecorded(exchange, [ref.digest])).toBe(1);
  await publish(bytes, 2);
  await using _policy = await startPolicy(exchange);
  expect((await wire.untilAnswered(id)).decision.outcome).toBe("permitted");
  // The first one is still with the dead service: what was just answered is a repeat, and routes nothing.
  expect(await checkExactlyOnce(exchange, PATIENCE_MS)).toEqual([]);
}, 180_000);

test("sent again between its record and its routing, while its answer lies unread", async () => {
  const { bytes, ref } = await forge.message("MK-SPOC", ["RS-FIU", "ME-SPOC"], { text: "unread" });
  await exchange.as("MK-SPOC", async (nc) => {
    // Nobody reads this sender's inbox until all is over.
    const send = async () => (await nc.request("leix.send", bytes, { timeout: 10_000 })).data;
    await send();
    await using dying = await startFaultyPolicy(exchange, {
      faults: [{ at: "after record", time: 1, what: "kill" }],
      about: [ref.digest],
    });
    expect(await dying.ended).toBe("SIGKILL");
    await send();
  });
  await using _policy = await startPolicy(exchange);
  for (const agency of ["RS-FIU", "ME-SPOC"]) await exchange.node(agency).untilReceived(ref);
  await (await exchange.wire("MK-SPOC")).untilAnswered(ref.id);
  expect(await checkExactlyOnce(exchange, PATIENCE_MS)).toEqual([]);
}, 180_000);
