import { limits } from "@leix/protocol";
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
import { hastenRedelivery } from "./redelivery.ts";

/**
 * The policy service ends again and again while an account's messages wait: by a crash, and in order, which
 * gives everything back at once. Each time they are delivered once more than an input may be in vain.
 */
const MOST = limits.REJECTIONS_PER_MINUTE_MAX;
const DENIED = { declares: { facts: true } };
const LIVES = limits.DELIVERIES_MAX + 2;
const SENDER = "AL-CUSTOMS";

let exchange: TestExchange;
let wire: PartyWire;
const sent: Forged[] = [];
beforeAll(async () => {
  exchange = await startTestExchange();
  const forge = await openForge(exchange);
  wire = await exchange.wire(SENDER);
  await exchange.running.service("policy").stop();
  await hastenRedelivery(exchange);
  for (let i = 0; i < MOST + 10; i++) {
    sent.push(await forge.message(SENDER, ["AL-SPOC"], { claims: DENIED }));
  }
  sent.push(await forge.message(SENDER, ["AL-SPOC"]));
  for (const { bytes } of sent) await wire.publish(bytes);
}, RECOVERY_MS);
afterAll(() => exchange?.[Symbol.asyncDispose]());

const countDenied = async () => {
  const outcomes = (await exchange.records()).map(({ decision }) => decision.outcome);
  return outcomes.filter((outcome) => outcome === "denied").length;
};

test(
  "what waits through ends of the policy service is decided in the end, and none of it given up",
  async () => {
    // Its clock stands still: the minute that is full stays full as long as these lives last.
    const still = { sinceMs: Date.now(), times: 0 };
    for (let life = 0; life < LIVES; life++) {
      await using policy = await startFaultyPolicy(exchange, { faults: [], hurry: still });
      await policy.untilSaid("account.deferred");
      if (life % 3 === 0) await policy.kill();
      else expect(await policy.stop()).toBe(0);
      expect(await countDenied()).toBe(MOST);
    }
    const hurry = { sinceMs: Date.now(), times: 30 };
    await using _last = await startFaultyPolicy(exchange, { faults: [], hurry });
    const isAnswered = ({ id }: Forged) => wire.answers.some((answer) => answer.id === id);
    await waitUntil("all answers", () => sent.every(isAnswered) || undefined, RECOVERY_MS);
    const outcomes = sent.map(({ id }) => wire.answers.find((one) => one.id === id)?.decision.outcome);
    expect(outcomes).toEqual([...sent.slice(1).map(() => "denied"), "permitted"]);
    expect(await checkExactlyOnce(exchange, RECOVERY_MS)).toEqual([]);
  },
  RECOVERY_MS,
);
