import { setImmediate } from "node:timers/promises";
import { createState } from "@leix/exchange";
import { createWorld, startTestLedger } from "@leix/exchange/testkit";
import type { LedgerWriter } from "@leix/ledger-store";
import { LeixError } from "@leix/protocol";
import { createLogger } from "@leix/runtime";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { CheckpointKeeper } from "./checkpoint-keeper.ts";
import { createLedgerEvents } from "./events.ts";
import { createLedgerService, type LedgerService } from "./ledger-service.ts";
import { BATCH_RECORDS_MAX, CHECKPOINT_WAIT_MS } from "./limits.ts";
import type { Ledger } from "./ports.ts";

const world = createWorld();
const genesis = await startTestLedger(world);
const first = genesis.records.length;
/** From so many accounts that none of them floods. */
const garbage = Array.from({ length: BATCH_RECORDS_MAX + 10 }, (_, i) => {
  return world.bytes(`account ${i % 10}`, `no input ${i}`);
});
await genesis.appendInputs(garbage);
const { records } = genesis;

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }));
afterEach(() => void vi.useRealTimers());

interface Running extends AsyncDisposable {
  readonly service: LedgerService;
  /** What was signed: when, and how much. */
  readonly signed: readonly (readonly [number, number])[];
  readonly ended: Promise<unknown>;
  /** LEDGER has so many of the records from now on; on return they are in the store. */
  give(count: number): Promise<void>;
  harm(error: LeixError | undefined): void;
  /** Does the ledger name its key? */
  name(isNamed: boolean): void;
  /** Gives all but the record at this index. */
  skip(index: number): void;
}

/** The service over a ledger, a store and a CHECKPOINT that only count. */
function run(begin = 0): Running {
  const signed: [number, number][] = [];
  let [there, size] = [0, 0];
  let isNamed = true;
  let skipped: number | undefined;
  let error: LeixError | undefined;
  const controller = new AbortController();
  const ledger: Ledger = {
    async *follow(from, _last, signal) {
      for (let next = from; !signal.aborted; ) {
        if (next === skipped) next++;
        const record = next < there ? records[next] : undefined;
        if (record) {
          next++;
          yield record;
        } else await setImmediate();
      }
    },
    begin: async () => begin,
    async *read() {},
    verifyRecord: async () => {
      if (error) throw error;
    },
  };
  const head = { root: new Uint8Array(32) };
  const writer = {
    get head() {
      return { ...head, size };
    },
    published: null,
    append: async (more: readonly Uint8Array[]) => {
      size += more.length;
      return { ...head, size };
    },
    openReader: () => ({ head: { ...head, size }, async *entries() {} }),
  } as unknown as LedgerWriter;
  const keeper: CheckpointKeeper = {
    newest: null,
    get uncovered() {
      return size - (signed.at(-1)?.[1] ?? 0);
    },
    look: async () => undefined,
    settle: async () => undefined,
    sign: async () => {
      if (error) throw error;
      signed.push([performance.now(), size]);
    },
  };
  const service = createLedgerService({
    ...{ writer, ledger, keeper, state: createState(world.trust), last: undefined },
    events: createLedgerEvents(createLogger("ledger", "silent")),
    clock: () => performance.now(),
    maySign: () => isNamed,
    onPublished: async () => undefined,
  });
  const ended = service.run(controller.signal).catch((reason: unknown) => reason);
  return {
    service,
    signed,
    ended,
    async give(count) {
      there = count;
      while (size < count) await setImmediate();
      await settle();
    },
    harm: (next) => {
      error = next;
    },
    name: (next) => {
      isNamed = next;
    },
    skip: (index) => {
      [skipped, there] = [index, records.length];
    },
    async [Symbol.asyncDispose]() {
      controller.abort();
      await ended;
    },
  };
}

/** Everything that waits for nothing but its turn has had it. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await setImmediate();
}

async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
  await settle();
}

describe("when a checkpoint is signed", () => {
  it("a record waits for others, and no longer than it may", async () => {
    await using running = run();
    await running.give(1);
    await pass(CHECKPOINT_WAIT_MS - 100);
    expect(running.signed).toEqual([]);
    await running.give(3);
    await pass(100);
    expect(running.signed.map(([, size]) => size)).toEqual([3]);
    await pass(10 * CHECKPOINT_WAIT_MS);
    expect(running.signed).toHaveLength(1);
    expect(running.service.uncoveredMs()).toBe(0);
  });

  it("a full batch waits for nothing", async () => {
    await using running = run();
    await running.give(first);
    await pass(CHECKPOINT_WAIT_MS);
    const before = performance.now();
    await running.give(first + BATCH_RECORDS_MAX);
    expect(running.signed).toEqual([
      [before, first],
      [before, first + BATCH_RECORDS_MAX],
    ]);
  });

  it("a broker that does not answer is asked again, and it shows for how long", async () => {
    await using running = run();
    await running.give(2);
    running.harm(new LeixError("broker/no-answer"));
    await pass(5_000);
    expect(running.signed).toEqual([]);
    expect(running.service.uncoveredMs()).toBeGreaterThanOrEqual(5_000);
    running.harm(undefined);
    await pass(1_000);
    expect(running.signed.map(([, size]) => size)).toEqual([2]);
  });
});

it("with a key that the ledger does not name it follows and signs nothing, until it is named", async () => {
  await using running = run();
  running.name(false);
  await running.give(first);
  await pass(10 * CHECKPOINT_WAIT_MS);
  expect(running.signed).toEqual([]);
  expect(running.service.uncoveredMs()).toBeGreaterThan(CHECKPOINT_WAIT_MS);
  running.name(true);
  await pass(CHECKPOINT_WAIT_MS);
  expect(running.signed.map(([, size]) => size)).toEqual([first]);
});

it("a store that ends before LEDGER begins is said to be too short", async () => {
  await using running = run(1);
  expect(await running.ended).toMatchObject({ code: "ledger/store-short" });
  expect(running.signed).toEqual([]);
});

it("a contradiction after a reconnect ends it, and nothing is signed any more", async () => {
  await using running = run();
  await running.give(2);
  running.harm(new LeixError("ledger/rolled-back"));
  running.service.reconnected();
  await settle();
  expect(await running.ended).toMatchObject({ code: "ledger/rolled-back" });
  await pass(10 * CHECKPOINT_WAIT_MS);
  expect(running.signed).toEqual([]);
});

it("a record that is not the ledger's next ends it; those before it are kept", async () => {
  await using running = run();
  await running.give(first);
  running.skip(first);
  expect(await running.ended).toMatchObject({ code: "record/index" });
});
