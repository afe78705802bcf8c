import { limits } from "@leix/protocol";
import {
  checkExactlyOnce,
  openForge,
  startFaultyPolicy,
  startPolicy,
  startTestExchange,
  type TestExchange,
} from "@leix/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { NODES, sendMixed } from "./load.ts";

/** OUT gives back what a dead policy service had in hand after half a minute; DELIVERIES_MAX times that, and more. */
const PATIENCE_MS = 400_000;

let exchange: TestExchange;
beforeAll(async () => {
  exchange = await startTestExchange({ agencies: NODES });
  await exchange.running.service("policy").stop();
});
afterAll(() => exchange?.[Symbol.asyncDispose]());

test(
  "an input that ends its reader is tried alone, given up, and answered; nobody else is harmed",
  async () => {
    const forge = await openForge(exchange);
    const wire = await exchange.wire("AL-SPOC");
    const { bytes, raw, id } = await forge.message("AL-SPOC", ["RS-FIU"], { text: "deadly" });
    await wire.publish(bytes);
  const load = await sendMixed(exchange, "with a deadly input");
  // What came with it was in hand when the first process died, and so comes again when it does.
  const inHand = [raw, ...load.digests.slice(1)];
  const deaths: string[] = [];
    let answered = false;
    while (!answered) {
      const about = deaths.length === 0 ? inHand : [];
    await using policy = await startFaultyPolicy(exchange, { faults: [], about, deadly: [raw] });
      const answer = wire.untilAnswered(raw, 1, PATIENCE_MS).then(() => "answered");
      answer.catch(() => undefined);
      const end = await Promise.race([policy.ended, answer]);
      answered = end === "answered";
      if (answered) expect(await policy.stop()).toBe(0);
      else deaths.push(policy.lines.at(-1) ?? "");
    }
    expect(deaths).toEqual(
      Array.from({ length: limits.DELIVERIES_MAX - 1 }, (_, i) => `fault: deadly input, delivery ${i + 1}`),
    );
    await using _policy = await startPolicy(exchange);
    expect(await checkExactlyOnce(exchange)).toEqual([]);
    const rejections = (await exchange.audit()).rejections;
    expect(rejections).toEqual({ "input/not-json": 1, "input/unprocessable": 1 });
    expect(await exchange.countMessages("quarantine")).toBe(1);
    expect(wire.answers.find((one) => one.id === raw)?.decision.content).toMatchObject({
      code: "input/unprocessable",
      input: { digest: raw },
    });
    expect(
      exchange
        .node("RS-FIU")
        .node.archive.listReceived()
        .map(({ ref }) => ref.id),
    ).not.toContain(id);
    const statuses = [...load.permitted, load.partly, load.denied].map(
      ({ iss, id: sent }) => exchange.node(iss).node.archive.getSent(sent).status,
    );
    expect(statuses).toEqual(["permitted", "permitted", "partly-permitted", "denied"]);
  },
  PATIENCE_MS,
);
