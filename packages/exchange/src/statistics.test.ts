import {
  type ExchangeStatistics,
  encodeCanonicalBytes,
  limits,
  type MessageRef,
  parseRecord,
} from "@leix/protocol";
import { expect, test, vi } from "vitest";
import { nextDue } from "./duties.ts";
import type { Entry } from "./entry.ts";
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
  const requests = await ask(scene, 2 * MANY);
  for (const ref of requests.slice(MANY)) {
    await scene.reply("RS-FIU", ["AL-CUSTOMS"], "answer", ref);
    await scene.reply("RS-FIU", ["AL-CUSTOMS"], "answer", ref);
  }
  const [first] = requests;
  if (first) await scene.reply("RS-FIU", ["AL-CUSTOMS"], "refusal", first, { ground: "not-available" });
  expect(count(scene)).toEqual([
    {
      ...{ from: "AL", to: "RS", urgent: none, judicialDelays: 0 },
      other: { requests: 2 * MANY, answered: MANY, refused: null, late: 0 },
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

/** What the figures read of a request. */
function toRequestEntry(from: string, to: string, id: number): Entry {
  const recipients = [{ agency: `${to}-SPOC`, as: "to", effect: "permit", obligations: [] }];
  const [iss, digest] = [`${from}-SPOC`, String(id)];
  return {
    ...{ kind: "message", received: NOW, ref: { iss, id: digest, digest } },
    ...{ claims: { kind: "request", iss }, verdict: { recipients } },
  } as unknown as Entry;
}

/** Of so many pairs of countries; the last few of them, by name, have more requests than the others. */
function countPairs(count: number): ExchangeStatistics {
  const letters = Array.from({ length: 26 }, (_, i) => String.fromCharCode(65 + i));
  const codes = letters.flatMap((one) => letters.map((other) => one + other));
  const pairs = codes.flatMap((from) => codes.flatMap((to) => (from === to ? [] : [[from, to] as const])));
  const tally = createStatistics(EVER);
  for (const [i, [from, to]] of pairs.slice(0, count).entries()) {
    const requests = i < count - FEW ? MANY : MANY + 1;
    for (let n = 0; n < requests; n++) tally.add(toRequestEntry(from, to, n));
  }
  return tally.result(1);
}

const FEW = 3;

test("as many pairs are told apart as fit a statement, the largest; all others are told as one", async () => {
  const [row] = countPairs(1).pairs;
  const rowsMax = Math.floor(limits.STATISTICS_BYTES_MAX / (encodeCanonicalBytes(row).byteLength + 1));
  const scene = await createScene();
  const publish = async (statistics: ExchangeStatistics): Promise<string | undefined> => {
    const content = { kind: "statistics", subject: "2026-11", statistics } as const;
    const { input } = await scene.world.statement("anchor", content);
    return (await decideOn(scene.world, createLayer(scene.ledger.state), [input])).map(toWord)[0];
  };
  const full = countPairs(rowsMax);
  expect([full.pairs.length, full.rest]).toEqual([rowsMax, undefined]);
  expect(await publish(full)).toBe("statement");
  const others = 40;
  const over = countPairs(rowsMax + others);
  expect(over.pairs).toHaveLength(rowsMax);
  expect(over.pairs.filter(({ other }) => other.requests === MANY + 1)).toEqual(over.pairs.slice(-FEW));
  expect(over.rest).toEqual({
    ...{ urgent: none, other: { ...none, requests: others * MANY }, refusals: [], judicialDelays: 0 },
  });
  expect(await publish(over)).toBe("statement");
});
