import { limits } from "@leix/protocol";
import {
  checkExactlyOnce,
  type Forge,
  findLastFault,
  openForge,
  startFaultyPolicy,
  startTestExchange,
  type TestExchange,
} from "@leix/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RECOVERY_MS } from "./load.ts";
import { hastenRedelivery } from "./redelivery.ts";

let exchange: TestExchange;
let forge: Forge;
beforeAll(async () => {
  exchange = await startTestExchange({ agencies: ["RS-FIU"] });
  forge = await openForge(exchange);
  await exchange.running.service("policy").stop();
  await hastenRedelivery(exchange);
});
afterAll(() => exchange?.[Symbol.asyncDispose]());

async function publish(from: string) {
  const wire = await exchange.wire(from);
  const message = await forge.message(from, ["RS-FIU"], { text: `from ${from}` });
  await wire.publish(message.bytes);
  return { wire, message };
}

interface Survival extends AsyncDisposable {
  /** The last words of those that died. */
  readonly deaths: readonly string[];
}

/**
 * Starts one policy service after the other, until one lives to answer everything, and lets that one live on.
 */
async function outlive(
  deadly: string,
  about: readonly string[],
  answered: Promise<unknown>,
): Promise<Survival> {
  const deaths: string[] = [];
  while (true) {
    const policy = await startFaultyPolicy(exchange, { faults: [], about, deadly: [deadly] });
    const outcome = await Promise.race([policy.ended, answered.then(() => "answered")]);
    if (outcome === "answered") {
      return { deaths, [Symbol.asyncDispose]: () => policy[Symbol.asyncDispose]() };
    }
    deaths.push(findLastFault(policy) ?? "");
  }
}

test(
  "an input that ends its reader is given up and answered; what is always fetched with it is not",
  async () => {
    const { wire, message: deadly } = await publish("AL-SPOC");
    const innocent = [await publish("AL-CUSTOMS"), await publish("MK-SPOC")];
    const answers = [
      wire.untilAnswered(deadly.raw, 1, RECOVERY_MS),
      ...innocent.map((one) => one.wire.untilAnswered(one.message.id, 1, RECOVERY_MS)),
    ];
    // They are in hand whenever the process dies, and untried: their deliveries count up as the deadly
    // input's do.
    const about = [deadly.raw, ...innocent.map(({ message }) => message.raw)];
    await using survival = await outlive(deadly.raw, about, Promise.all(answers));
    expect(survival.deaths).toEqual(
      Array.from({ length: limits.DELIVERIES_MAX - 1 }, (_, i) => `deadly input, delivery ${i + 1}`),
    );
    expect(
      (await Promise.all(answers)).map(({ decision: { content, outcome } }) => outcome ?? content),
    ).toEqual([
      expect.objectContaining({ kind: "rejection", code: "input/unprocessable" }),
      ...["permitted", "permitted"],
    ]);
    expect(await exchange.listQuarantined()).toContain(`leix.quarantine.${wire.account}.${deadly.raw}`);
    expect(await checkExactlyOnce(exchange, RECOVERY_MS)).toEqual([]);
    const received = exchange.node("RS-FIU").node.archive.listReceived();
    expect(received.map(({ ref }) => ref.id).toSorted()).toEqual(
      innocent.map(({ message }) => message.id).toSorted(),
    );
  },
  RECOVERY_MS,
);
