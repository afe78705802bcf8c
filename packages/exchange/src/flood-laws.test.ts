import { limits, listRejected, parseRecord } from "@leix/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { auditBatch } from "./audit-batch.ts";
import type { Input } from "./entry.ts";
import { createFloodedExchange } from "./flood.testkit.ts";
import { createTestLedger, startTestLedger, type TestLedger, toContent, toWord } from "./ledger.testkit.ts";
import { follow } from "./replay.ts";
import { digestState, listParts, restoreState, type SnapshotPart } from "./snapshot.ts";
import { createLayer, type State } from "./state.ts";
import { createWorld, NOW } from "./world.testkit.ts";

const MANY = { timeout: 120_000 };
const world = createWorld();
const genesis = await startTestLedger(world);
const FLOODERS = ["AL-CUSTOMS", "RS-FIU"] as const;
const honest = await Promise.all(
  Array.from({ length: 40 }, (_, i) => {
    return world.message(FLOODERS[i % 2] ?? FLOODERS[0], ["AL-SPOC"], { classification: "unclassified" });
  }),
);

/** What two agencies send in turn: garbage, some of it again, and honest messages anywhere among it. */
const histories = fc.array(
  fc.record({
    gap: fc.oneof(fc.nat(20), fc.nat(200)),
    garbage: fc.tuple(fc.nat(140), fc.nat(80)),
    again: fc.nat(3),
    honest: fc.nat(3),
  }),
  { minLength: 2, maxLength: 7 },
);
type History = typeof histories extends fc.Arbitrary<infer H> ? H : never;

interface Run {
  readonly ledger: TestLedger;
  readonly sent: readonly Input[];
  readonly words: readonly string[];
  readonly waiting: number;
}

async function run(history: History): Promise<Run> {
  const ledger = createTestLedger(world, createLayer(genesis.state));
  const exchange = createFloodedExchange(ledger);
  const good = honest.map(({ input }) => input);
  const sent: Input[] = [];
  const words: string[] = [];
  let now = NOW;
  for (const step of history) {
    now += step.gap;
    const fresh = step.garbage.flatMap((count, i) => {
      return Array.from({ length: count }, (_, n) => {
        return world.bytes(FLOODERS[i] ?? FLOODERS[0], `garbage ${sent.length} ${n}`);
      });
    });
    const again = sent.slice(0, step.again).map((one) => ({ ...one, sequence: one.sequence + 100_000 }));
    sent.push(...fresh);
    const own = good.splice(0, step.honest);
    const all = [...fresh, ...again].toSpliced(Math.floor(fresh.length / 2), 0, ...own);
    const decided = await exchange.take(all, now);
    words.push(...decided.filter((one) => own.includes(one.input)).map(toWord));
  }
  for (let minutes = 0; minutes < 30 && exchange.waiting.length > 0; minutes++) {
    now += 60;
    await exchange.take([], now);
  }
  return { ledger, sent, words, waiting: exchange.waiting.length };
}

/** How often each of some names comes. */
function countAll(names: readonly string[]): number[] {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts.values()];
}

function reload(state: State): State {
  const parts = [...listParts(state)].map((part) => JSON.parse(JSON.stringify(part)) as SnapshotPart);
  return restoreState(world.trust, parts);
}

test("in any order: the limit holds, all is rejected once, honest messages are untouched", MANY, async () => {
  let floods = 0;
  await fc.assert(
    fc.asyncProperty(histories, async (history) => {
      const { ledger, sent, words, waiting } = await run(history);
      expect(waiting).toBe(0);
      expect(words.filter((word) => word !== "permitted")).toEqual([]);
      const contents = ledger.records.map((bytes) => parseRecord(bytes).decision.content);
      const toMinute = ({ at, input }: (typeof contents)[number]) =>
        `${input.account} ${Math.floor(at / 60)}`;
      const rejections = contents.filter(({ kind }) => kind === "rejection").map(toMinute);
      const most = Math.max(0, ...countAll(rejections));
      expect(most).toBeLessThanOrEqual(limits.REJECTIONS_PER_MINUTE_MAX);
      const summaries = contents.filter(({ kind }) => kind === "flood");
      expect(countAll(summaries.map(toMinute)).every((count) => count === 1)).toBe(true);
      floods += summaries.length;
      const rejected = contents.flatMap((content) => {
        return listRejected(content).map(({ digest }) => `${content.input.account} ${digest}`);
      });
      expect(new Set(rejected).size).toBe(rejected.length);
      expect(rejected.length).toBe(sent.length);
    }),
    { numRuns: 15 },
  );
  expect(floods).toBeGreaterThan(15);
});

test("followed, audited and restored anywhere, it is the same, without a difference", MANY, async () => {
  await fc.assert(
    fc.asyncProperty(histories, fc.nat(), async (history, part) => {
      const { ledger } = await run(history);
      const { records, state } = ledger;
      const followed = createLayer(genesis.state);
      for (const record of records) await follow(followed, record);
      expect(toContent(followed)).toEqual(toContent(state));
      const before = createLayer(genesis.state);
      const middle = part % (records.length + 1);
      const first = await auditBatch(before, records.slice(0, middle));
      const restored = reload(before);
      expect(digestState(restored)).toBe(digestState(before));
      const second = await auditBatch(restored, records.slice(middle));
      const audited = [...first.audited, ...second.audited];
      expect(audited.filter(({ difference }) => difference !== undefined)).toEqual([]);
      expect([audited.length, first.broken, second.broken]).toEqual([records.length, undefined, undefined]);
      expect(digestState(restored)).toBe(digestState(state));
    }),
    { numRuns: 10 },
  );
});
