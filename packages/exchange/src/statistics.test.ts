import { type ExchangeStatistics, limits, type MessageRef, parseRecord } from "@leix/protocol";
import { expect, test, vi } from "vitest";
import { nextDue } from "./duties.ts";
import { decideOn, toWord } from "./ledger.testkit.ts";
import { toEntry } from "./recorded-entry.ts";
import { createScene, type Scene } from "./scene.testkit.ts";
import { createLayer } from "./state.ts";
import { createStatistics } from "./statistics.ts";
import { NOW } from "./world.testkit.ts";

vi.setConfig({ testTimeout: 60_000 });

const DAY = 86_400;
const EVER = { from: 0, to: NOW * 2 };
const MANY = limits.STATISTICS_COUNT_MIN;

function count({ ledger }: Scene, period = EVER): ExchangeStatistics["pairs"] {
  const tally = createStatistics(period);
  for (const bytes of ledger.records) tally.add(toEntry(parseRecord(bytes)));
  return tally.result(ledger.records.length).pairs;
}

async function ask(scene: Scene, times: number, content: object = {}): Promise<MessageRef[]> {
  const refs: MessageRef[] = [];
  for (let i = 0; i < times; i++) {
    refs.push((await scene.send("AL-CUSTOMS", ["RS-FIU"], { kind: "request", ...content })).ref);
  }
  return refs;
}

const none = { requests: 0, answered: 0, refused: 0, late: 0 };

test("requests, answers and refusals are counted by country and urgency, each request once", async () => {
  const scene = await createScene();
  const requests = await ask(scene, MANY + 1);
  for (const ref of requests.slice(1)) {
    await scene.reply("RS-FIU", ["AL-CUSTOMS"], "answer", ref);
    await scene.reply("RS-FIU", ["AL-CUSTOMS"], "answer", ref);
  }
  const [first] = requests;
  if (first) await scene.reply("RS-FIU", ["AL-CUSTOMS"], "refusal", first, { ground: "not-available" });
  expect(count(scene)).toEqual([
    {
      ...{ from: "AL", to: "RS", urgent: none, judicialDelays: 0 },
      other: { requests: MANY + 1, answered: MANY, refused: null, late: 0 },
      refusals: [{ ground: "not-available", count: null }],
    },
  ]);
});

test("who has let the time pass is counted once, and what is urgent apart", async () => {
  const scene = await createScene();
  await ask(scene, MANY, { urgency: { ground: "life" } });
  await scene.tick(nextDue(scene.ledger.state) ?? 0);
  await scene.tick((nextDue(scene.ledger.state) ?? 0) + DAY);
  expect(count(scene)[0]).toMatchObject({ urgent: { requests: MANY, late: MANY }, other: none });
});

test("a period has the requests that were received in it, and their answers whenever they come", async () => {
  const scene = await createScene();
  const requests = await ask(scene, MANY);
  for (const ref of requests) {
    await scene.reply("RS-FIU", ["AL-CUSTOMS"], "answer", ref, {}, NOW + DAY);
  }
  const asked = { from: NOW, to: NOW + 1 };
  expect(count(scene, asked)[0]?.other).toMatchObject({ requests: MANY, answered: MANY });
  expect(count(scene, { from: NOW + 1, to: NOW + 2 * DAY })).toEqual([]);
});

test("a publication is the anchor's, of a period, one version after the other", async () => {
  const scene = await createScene();
  const { world, ledger } = scene;
  const statistics = { records: ledger.records.length as never, pairs: count(scene) };
  const content = { kind: "statistics", subject: "2026-11", statistics } as const;
  const decide = async (by: "anchor" | "AL", version: number) => {
    const { input } = await world.statement(by, { ...content, version });
    const layer = createLayer(ledger.state);
    const before = await world.statement("anchor", content);
    return (await decideOn(world, layer, [before.input, input])).map(toWord)[1];
  };
  expect(await decide("anchor", 2)).toBe("statement");
  expect(await decide("anchor", 3)).toBe("statement/version");
  expect(await decide("AL", 2)).toBe("input/schema");
});
