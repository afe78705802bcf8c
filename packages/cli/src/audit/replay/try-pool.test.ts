import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestLedger } from "@leix/exchange/testkit";
import { parseRecord } from "@leix/protocol";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createFalseLedger, createLedger } from "../export.testkit.ts";
import { replayLedger } from "../replay.ts";
import type { Replay } from "../replay-result.ts";
import type { ReplaySource } from "../replay-source.ts";
import { readKeys } from "./statement-keys.ts";
import { type Trier, tryBatch } from "./try-batch.ts";
import { createTrier, createTryPool } from "./try-pool.ts";

const MANY = { timeout: 300_000 };
const ledger = await createLedger();
let folder: string;
let pool: Trier;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "leix-pool-"));
  pool = createTryPool(2);
});
afterAll(async () => {
  await pool[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

function toSource(records: readonly Uint8Array[], total = records.length): ReplaySource {
  return {
    ...{ total, differences: [] },
    records: async function* () {
      for (const bytes of records) yield { bytes };
    },
  };
}

async function replay(trier: Trier, { world }: TestLedger, records: readonly Uint8Array[]) {
  const { durationMs: _, ...found } = await replayLedger(world.trust, toSource(records), { trier });
  return found;
}

/** In threads and in this one, the same is found. */
async function expectSame(on: TestLedger, records = on.records): Promise<Omit<Replay, "durationMs">> {
  await using trier = createTrier();
  const expected = await replay(trier, on, records);
  expect(await replay(pool, on, records)).toEqual(expected);
  return expected;
}

describe("a replay in threads finds what one in a single thread finds", () => {
  test("of a sound ledger", async () => {
    expect(await expectSame(ledger)).toMatchObject({ checked: ledger.records.length, mismatches: 0 });
  });

  test("of one with a false decision", async () => {
    const { ledger: other, falseIndex } = await createFalseLedger();
    const { differences } = await expectSame(other);
    expect(differences).toMatchObject([{ index: falseIndex, code: "record/decided-otherwise" }]);
  });

  test("of damaged ones: a bit in every record, one left out, one twice, two swapped", MANY, async () => {
    const { records } = ledger;
    for (const [at, record] of records.entries()) {
      const bytes = Uint8Array.from(record);
      const place = (at * 977) % bytes.byteLength;
      bytes[place] = (bytes[place] ?? 0) ^ (1 << (at % 8));
      expect((await expectSame(ledger, records.with(at, bytes))).mismatches).toBe(1);
    }
    await expectSame(ledger, records.toSpliced(5, 1));
    await expectSame(ledger, records.toSpliced(5, 0, ...records.slice(5, 6)));
    await expectSame(ledger, records.toSpliced(5, 2, ...records.slice(5, 7).toReversed()));
  });
});

test("what waits for a thread is done in this one by who helps, and answered the same", async () => {
  await using one = createTryPool(1);
  const keys = new Map(ledger.records.flatMap(readKeys).map((key) => [key.kid, key]));
  // The thread takes two, and two wait.
  const batches = [0, 3, 6, 9].map((from) => ledger.records.slice(from, from + 3));
  const order: number[] = [];
  const answers = batches.map(async (batch, at) => {
    const tried = await one.try(batch);
    order.push(at);
    return tried;
  });
  await one.help();
  await one.help();
  expect(order.slice(0, 2)).toEqual([2, 3]);
  await one.help();
  const expected = batches.map((batch) => tryBatch(batch, keys));
  // As it travels between threads, what is undefined is left out.
  expect(JSON.stringify(await Promise.all(answers))).toBe(JSON.stringify(await Promise.all(expected)));
});

describe("a thread that dies", () => {
  const program = new URL("./dying-worker.testkit.ts", import.meta.url);
  const batches = (size: number) => [ledger.records.slice(0, size), ledger.records.slice(size, 2 * size)];

  test.each([2, 3])(
    "with batches of %i records: everything that was asked fails, and is asked after",
    async (size) => {
      await using dying = createTryPool(1, program);
      const asked = batches(size).map((one) => dying.try(one));
      for (const one of asked) await expect(one).rejects.toMatchObject({ code: "audit/thread-died" });
      await expect(dying.try(ledger.records.slice(0, 1))).rejects.toMatchObject({
        code: "audit/thread-died",
      });
    },
  );

  test("ends the replay with an error: it is never a pass", async () => {
    await using dying = createTryPool(1, program);
    const many = Array.from(
      { length: 600 },
      (_, at) => ledger.records[at % ledger.records.length] ?? new Uint8Array(),
    );
    await expect(replay(dying, ledger, many)).rejects.toMatchObject({ code: "audit/thread-died" });
  });
});

describe("keys that statements bring", () => {
  test("are known for their own batch, so that few signatures are tried twice", async () => {
    const keys = new Map(ledger.records.flatMap(readKeys).map((key) => [key.kid, key]));
    const { batch } = await tryBatch(ledger.records, keys);
    const tried = batch.records.filter(({ input }) => input !== null);
    expect(tried.length).toBeGreaterThan(ledger.records.length / 2);
    expect(tried.every(({ input, policy }) => input?.isValid && policy.isValid)).toBe(true);
  });

  test("are read from statements only, and from whatever comes without an error", () => {
    const others = ledger.records.filter((one) => parseRecord(one).kind !== "statement");
    expect(others.flatMap(readKeys)).toEqual([]);
    const [first = new Uint8Array()] = ledger.records;
    expect(readKeys(first).length).toBeGreaterThan(1);
    for (let at = 0; at < first.byteLength; at += 97) expect(readKeys(first.slice(0, at))).toEqual([]);
    expect(readKeys(Buffer.from('{"kind":"statement","statement":5}'))).toEqual([]);
  });
});
