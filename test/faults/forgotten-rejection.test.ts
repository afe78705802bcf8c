import { readLedger } from "@leix/broker";
import { createState, follow } from "@leix/exchange";
import { type Digest, encodeUtf8, toDigest } from "@leix/protocol";
import {
  checkExactlyOnce,
  openForge,
  type PartyWire,
  startFaultyPolicy,
  startTestExchange,
  type TestExchange,
  untilIdle,
} from "@leix/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RECOVERY_MS } from "./load.ts";

/**
 * A rejection has left the state, and LEDGER still has it, under a subject that it takes once. The policy
 * service's clock stands still on one day after the other, for a rejection leaves on the third on which
 * something is recorded after its time.
 */
const DAY_MS = 86_400_000;
const SENDER = "AL-CUSTOMS";
const toBytes = (text: string) => encodeUtf8(`garbage ${text}`);

let exchange: TestExchange;
let wire: PartyWire;
beforeAll(async () => {
  exchange = await startTestExchange();
  wire = await exchange.wire(SENDER);
  await exchange.running.service("policy").stop();
}, RECOVERY_MS);
afterAll(() => exchange?.[Symbol.asyncDispose]());

/** A life of the policy service so many days from now. */
async function onDay<T>(day: number, work: () => Promise<T>): Promise<T> {
  const hurry = { sinceMs: startedMs + day * DAY_MS, times: 0 };
  await using policy = await startFaultyPolicy(exchange, { faults: [], hurry });
  const result = await work();
  expect(await policy.stop()).toBe(0);
  return result;
}
const startedMs = Date.now();

/** Whether who has folded the whole ledger still knows of a rejection. */
async function isRemembered(digest: Digest): Promise<boolean> {
  const state = createState(exchange.trust);
  await exchange.as("auditor", async (nc) => {
    for await (const { data } of readLedger(nc, 1)) await follow(state, data);
  });
  return state.rejections.has(`${wire.account}/${digest}`);
}

test(
  "the same bytes again get that rejection, not a second one, and what comes with them is decided",
  async () => {
    const forgotten = toDigest(toBytes("first"));
    await onDay(0, async () => {
      await wire.publish(toBytes("first"));
      await wire.untilAnswered(forgotten);
    });
    for (const day of [33, 34, 35]) {
      await onDay(day, async () => {
        await wire.publish(toBytes(`of day ${day}`));
        await wire.untilAnswered(toDigest(toBytes(`of day ${day}`)));
      });
    }
    await untilIdle(exchange, RECOVERY_MS);
    const records = await exchange.records();
    const index = wire.answers.find(({ id }) => id === forgotten)?.decision.content.index;
    expect(await isRemembered(forgotten)).toBe(false);
    const { bytes, id } = await (await openForge(exchange)).message(SENDER, ["AL-SPOC"]);
    await wire.publish(toBytes("first"));
    await wire.publish(bytes);
    await wire.publish(toBytes("first"));
    await onDay(35, async () => {
      const again = await wire.untilAnswered(forgotten, 2);
      expect(again.decision.content).toMatchObject({ kind: "rejection", index });
      await wire.untilAnswered(id);
      await untilIdle(exchange, RECOVERY_MS);
    });
    const since = (await exchange.records()).slice(records.length);
    expect(since.map(({ kind }) => kind)).toEqual(["message"]);
    expect(await checkExactlyOnce(exchange, RECOVERY_MS)).toEqual([]);
  },
  RECOVERY_MS,
);
