import { type ParsedRecord, toLapse } from "@leix/protocol";
import { createPlan } from "@leix/runtime";
import {
  checkExactlyOnce,
  type Forged,
  openForge,
  type PartyWire,
  startFaultyPolicy,
  startTestExchange,
  type TestExchange,
  waitUntil,
} from "@leix/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RECOVERY_MS } from "./load.ts";

/** An exercise's requests are due after five seconds. */
const DUE_MS = 6_000;

let exchange: TestExchange;
beforeAll(async () => {
  const plan = createPlan({ countries: ["AL", "RS"], profile: "exercise" });
  exchange = await startTestExchange({ plan });
  await Promise.all(["AL-CUSTOMS", "AL-SPOC", "RS-FIU", "RS-SPOC"].map((party) => exchange.wire(party)));
});
afterAll(() => exchange?.[Symbol.asyncDispose]());

async function publish(request: Forged): Promise<PartyWire> {
  const wire = await exchange.wire(request.ref.iss);
  await wire.publish(request.bytes);
  return wire;
}

/** Where the ledger has a message, and where it has the answer to a request as overdue; -1 for nowhere. */
async function findPlaces(message: Forged, request: Forged): Promise<{ message: number; event: number }> {
  const records = await exchange.records();
  const isAbout = ({ decision }: ParsedRecord) =>
    toLapse(decision).overdue.some(({ about }) => about.id === request.id);
  return {
    message: records.findIndex((one) => one.kind === "message" && one.claims.id === message.id),
    event: records.findIndex((one) => one.kind === "event" && isAbout(one)),
  };
}

test(
  "what runs out while a round is in hand and the broker is away is recorded before that round",
  async () => {
    const forge = await openForge(exchange);
    const request = await forge.message("AL-CUSTOMS", ["RS-FIU"], { text: "Who owns the lorry?" });
    const held = await forge.message("RS-SPOC", ["AL-SPOC"], { text: "Who drives it?" });
    await exchange.running.service("policy").stop();
    await using policy = await startFaultyPolicy(exchange, {
      faults: [{ at: "before record", time: 1, what: "stop" }],
      about: [held.ref.digest],
    });
    await (await publish(request)).untilAnswered(request.id);
    const answeredMs = Date.now();
    const holder = await publish(held);
    await policy.untilSaid("fault: before record 1 stop");
    await exchange.broker.kill();
    policy.resume();
    await waitUntil("the time to run out", () => Date.now() > answeredMs + DUE_MS);
    await exchange.broker.start();
    await holder.untilAnswered(held.id);
    const { message, event } = await findPlaces(held, request);
    expect(event).toBeGreaterThan(0);
    expect(event).toBeLessThan(message);
    expect(await checkExactlyOnce(exchange, RECOVERY_MS)).toEqual([]);
  },
  RECOVERY_MS,
);
