import { parseRecord } from "@leix/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { auditBatch } from "./audit-batch.ts";
import { nextDue } from "./duties.ts";
import { fold } from "./fold.ts";
import { createDutyInputs, createInputs } from "./history.testkit.ts";
import { createTestLedger, startTestLedger, type TestLedger, toContent } from "./ledger.testkit.ts";
import { toEntry } from "./recorded-entry.ts";
import { audit, follow } from "./replay.ts";
import { absorbLayer, createLayer, createState, type State } from "./state.ts";
import { createWorld, NOW, type World } from "./world.testkit.ts";

/** For what is done thousands of times. */
const MANY = { timeout: 60_000 };
const world = createWorld();
const genesis = await startTestLedger(world);
const inputs = await createInputs(world);
const passing = [...(await createDutyInputs(world)), ...inputs.slice(0, 6)];
const ticks = Array.from({ length: 12 }, (_, i) => world.tick(NOW + i));

/** A history over the genesis: which inputs, in which order, cut into which batches. */
const histories = fc
  .array(fc.nat(inputs.length - 1), { minLength: 1, maxLength: 30 })
  .chain((order) =>
    fc.record({ order: fc.constant(order), cuts: fc.array(fc.nat(order.length), { maxLength: 4 }) }),
  );

/**
 * Salts in the same order every time, so that equal decisions are equal bytes (the policy key is Ed25519).
 */
function withFreshSalts(): World {
  const { createSalt } = createWorld();
  return { ...world, createSalt };
}

async function decideHistory(order: readonly number[], cuts: readonly number[]): Promise<TestLedger> {
  const ledger = createTestLedger(withFreshSalts(), createLayer(genesis.state));
  const edges = [0, ...cuts.toSorted((a, b) => a - b), order.length];
  for (const [i, edge] of edges.slice(1).entries()) {
    const batch = order.slice(edges[i], edge).flatMap((n) => inputs[n] ?? []);
    await ledger.appendInputs(batch, NOW + 60);
  }
  return ledger;
}

async function replay(records: readonly Uint8Array[], take: (state: State, bytes: Uint8Array) => unknown) {
  const state = createLayer(genesis.state);
  for (const record of records) await take(state, record);
  return toContent(state);
}

test("wherever a history is cut into batches, the same records come of it", MANY, async () => {
  await fc.assert(
    fc.asyncProperty(histories, async ({ order, cuts }) => {
      const whole = await decideHistory(order, []);
      const cut = await decideHistory(order, cuts);
      expect(cut.records).toEqual(whole.records);
      expect(toContent(cut.state)).toEqual(toContent(whole.state));
      expect(whole.records.length).toBeGreaterThan(0);
    }),
    { numRuns: 40 },
  );
});

test("deciding on layers, folding, following and auditing all end in the same state", MANY, async () => {
  await fc.assert(
    fc.asyncProperty(histories, async ({ order, cuts }) => {
      const { state: decided, records } = await decideHistory(order, cuts);
      const content = toContent(decided);
      const folded = await replay(records, (state, bytes) => {
        const record = parseRecord(bytes);
        fold(state, toEntry(record), record.decision.jws.digest);
      });
      expect(folded).toEqual(content);
      expect(await replay(records, follow)).toEqual(content);
      expect(await replay(records, audit)).toEqual(content);
      const state = createLayer(genesis.state);
      const { audited, broken } = await auditBatch(state, records);
      expect(broken).toBeUndefined();
      expect(audited.map(({ difference }) => difference)).toEqual(records.map(() => undefined));
      expect(toContent(state)).toEqual(content);
    }),
    { numRuns: 40 },
  );
});

/** A history in which time passes: what is sent on each day, the clock's tick among it somewhere. */
const days = fc.array(
  fc.record({
    order: fc.array(fc.nat(passing.length - 1), { maxLength: 8 }),
    tickAt: fc.nat(8),
    gap: fc.oneof(fc.nat(3), fc.nat(40)),
  }),
  { minLength: 1, maxLength: 12 },
);

type Days = typeof days extends fc.Arbitrary<infer D> ? D : never;

/** Every batch on a layer of its own. A tick of its own is in each, where it is said to be or in front. */
async function passDays(history: Days, isInFront = false): Promise<TestLedger> {
  const ledger = createTestLedger(withFreshSalts(), createLayer(genesis.state));
  let now = NOW;
  for (const [i, { order, tickAt, gap }] of history.entries()) {
    now += gap * 86_400;
    const batch = order.flatMap((n) => passing[n] ?? []);
    const tick = ticks[i];
    await ledger.appendInputs(tick ? batch.toSpliced(isInFront ? 0 : tickAt, 0, tick) : batch, now);
  }
  return ledger;
}

test("time passes: deciding, folding, following and auditing any part end in the same", MANY, async () => {
  let events = 0;
  await fc.assert(
    fc.asyncProperty(days, fc.nat(), async (history, part) => {
      const { state: decided, records } = await passDays(history);
      const folded = await replay(records, follow);
      expect(folded).toEqual(toContent(decided));
      const state = createLayer(genesis.state);
      const { audited, broken } = await auditBatch(state, records);
      expect(broken).toBeUndefined();
      expect(audited.map(({ difference }) => difference)).toEqual(records.map(() => undefined));
      expect(toContent(state)).toEqual(folded);
      events += audited.filter(({ record }) => record.kind === "event").length;

      const prefix = records.slice(0, part % (records.length + 1));
      const layered = createLayer(genesis.state);
      for (const [i, bytes] of prefix.entries()) {
        const layer = createLayer(layered);
        await follow(layer, bytes);
        if (i % 2 === 0) await follow(createLayer(layer), records[i + 1] ?? bytes).catch(() => undefined);
        absorbLayer(layered, layer);
      }
      expect(toContent(layered)).toEqual(await replay(prefix, follow));
    }),
    { numRuns: 40 },
  );
  expect(events).toBeGreaterThan(10);
});

test("wherever in its batch a tick stands, the same records come of it", MANY, async () => {
  await fc.assert(
    fc.asyncProperty(days, async (history) => {
      const [somewhere, inFront] = [await passDays(history), await passDays(history, true)];
      expect(somewhere.records).toEqual(inFront.records);
    }),
    { numRuns: 20 },
  );
});

test("the next due is never recorded already, done or stopped", MANY, async () => {
  await fc.assert(
    fc.asyncProperty(days, async (history) => {
      const { state } = await passDays(history);
      const open = [...state.duties.entries()]
        .flatMap(([, duties]) => duties)
        .filter(({ stopped, isRecorded }) => stopped === undefined && !isRecorded);
      expect(nextDue(state)).toBe(open.length === 0 ? undefined : Math.min(...open.map(({ due }) => due)));
    }),
    { numRuns: 20 },
  );
});

test("the genesis too: followed and audited from nothing", async () => {
  const content = toContent(genesis.state);
  for (const take of [follow, audit]) {
    const state = createState(world.trust);
    for (const record of genesis.records) await take(state, record);
    expect(toContent(state)).toEqual(content);
  }
});

test("every kind of record is among what these histories give", async () => {
  const all = inputs.map((_, i) => i);
  const { records } = await decideHistory(all, []);
  const parsed = records.map((bytes) => parseRecord(bytes));
  const words = parsed.map(
    ({ kind, decision }) =>
      decision.outcome ?? (decision.content.kind === "rejection" ? decision.content.code : kind),
  );
  expect(new Set(words)).toEqual(
    new Set([
      ...["permitted", "partly-permitted", "denied", "statement"],
      ...["message/id-reused", "jws/key-unknown", "identity/issuer-not-account", "input/unprocessable"],
      ...["statement/version", "input/not-json", "identity/party-not-active"],
    ]),
  );
});
