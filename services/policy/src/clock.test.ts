import { createState, type Decided, type State } from "@leix/exchange";
import { AccountId, ExchangeId, KeyId, LeixError } from "@leix/protocol";
import { beforeEach, describe, expect, test } from "vitest";
import { type Clock, createClock } from "./clock.ts";
import type { Patience } from "./retry.ts";

const NOW_MS = 1_800_000_000_000;
const NOW = NOW_MS / 1_000;
const CLOCK = AccountId.parse(`A${"C".repeat(55)}`);
const OTHER = AccountId.parse(`A${"D".repeat(55)}`);
const patience: Patience = { signal: new AbortController().signal, onHindered: () => undefined };

let nowMs: number;
let state: State;
let published: number[];
let caughtUp: () => void;
let clock: Clock;

beforeEach(() => {
  nowMs = NOW_MS;
  published = [];
  caughtUp = () => undefined;
  state = createState({
    aud: ExchangeId.parse("test.example"),
    anchorKey: KeyId.parse("A".repeat(43)),
    anchorAccount: OTHER,
  });
  state.clockAccount = CLOCK;
  clock = createClock({
    state,
    ticks: { publish: async (_clock, seconds) => void published.push(seconds) },
    now: () => nowMs,
    catchUp: async () => caughtUp(),
  });
});

/** The state as it is when the next duty is due by then. */
function owe(due: number | undefined): void {
  const duty = { due } as NonNullable<State["dueQueue"]>["duty"];
  state.dueQueue = due === undefined ? undefined : { duty, left: undefined, right: undefined, rank: 1 };
}

/** What became of a tick, or of another's input. */
const handled = (kind: "nothing-due" | "rejection", account = CLOCK): Decided[] => {
  const entry = { kind, code: "claims/issued-in-future" };
  const decided = kind === "rejection" ? { kind: "record", entry } : { kind };
  return [{ input: { account }, ...decided } as unknown as Decided];
};

describe("nothing is due", () => {
  test.each([
    ["nothing is owed", undefined, undefined],
    ["something is owed later", NOW + 90, 90_000],
    ["something is owed long after any timer can run", NOW + 1e9, 2 ** 31 - 1],
  ])("where %s", async (_name, due, waitMs) => {
    owe(due);
    await clock.tick(patience);
    expect([published, clock.first(), clock.waitMs()]).toEqual([[], undefined, waitMs]);
  });

  test("before there is a clock", async () => {
    state.clockAccount = undefined;
    owe(NOW - 1);
    await clock.tick(patience);
    expect([published, clock.first(), clock.waitMs()]).toEqual([[], undefined, undefined]);
  });
});

describe("something is due", () => {
  beforeEach(() => owe(NOW));

  test("one tick is published, and nobody else is looked at until it is handled", async () => {
    await clock.tick(patience);
    await clock.tick(patience);
    expect([published, clock.first()]).toEqual([[NOW], CLOCK]);
    clock.note(handled("nothing-due", OTHER));
    await clock.tick(patience);
    expect(published).toEqual([NOW]);
  });

  test("the epoch has ended: its seal is due as anything else is", async () => {
    owe(NOW + 90);
    state.epochSeconds = 100;
    state.head = { ...state.head, index: 1 };
    state.epoch = { ...state.epoch, began: NOW - 40 };
    expect(clock.waitMs()).toBe(60_000);
    state.epoch = { ...state.epoch, began: NOW - 100 };
    await clock.tick(patience);
    expect([published, clock.first()]).toEqual([[NOW], CLOCK]);
  });

  test("by the ledger's time, although this process's clock is behind", async () => {
    nowMs -= 5_000;
    state.head = { ...state.head, at: NOW };
    await clock.tick(patience);
    expect(published).toEqual([NOW - 5]);
  });

  test("and another instance has recorded it: no tick", async () => {
    caughtUp = () => owe(NOW + 60);
    await clock.tick(patience);
    expect([published, clock.first(), clock.waitMs()]).toEqual([[], undefined, 60_000]);
  });

  test("more of it than one event takes: a tick after the other, each of its own second", async () => {
    for (let i = 0; i < 3; i++) {
      await clock.tick(patience);
      clock.note(handled("nothing-due"));
    }
    expect(published).toEqual([NOW, NOW + 1, NOW + 2]);
  });

  test("and so many ticks are far enough ahead: the next waits for its second", async () => {
    for (let i = 0; i < 100; i++) {
      await clock.tick(patience);
      clock.note(handled("nothing-due"));
    }
    expect([published.length, published.at(-1), clock.waitMs()]).toEqual([61, NOW + 60, 1_000]);
    nowMs += 1_000;
    await clock.tick(patience);
    expect(published.at(-1)).toBe(NOW + 61);
  });

  test("and the tick is lost with who had it in hand: another, five seconds later", async () => {
    await clock.tick(patience);
    nowMs += 4_000;
    await clock.tick(patience);
    expect(published).toEqual([NOW]);
    nowMs += 1_000;
    await clock.tick(patience);
    expect(published).toEqual([NOW, NOW + 5]);
  });

  test("and ticks are rejected: everybody else is served, it is told, and tried again later", async () => {
    await clock.tick(patience);
    clock.note(handled("rejection"));
    await clock.tick(patience);
    expect([published, clock.first(), clock.problem()]).toEqual([
      [NOW],
      undefined,
      "claims/issued-in-future",
    ]);
    nowMs += 60_000;
    expect(clock.problem()).toBeUndefined();
    await clock.tick(patience);
    expect(published).toEqual([NOW, NOW + 60]);
  });
});

test("a tick that is not acknowledged is published again, under the same second", async () => {
  const faults = ["broker/not-acknowledged"] as const;
  const left = [...faults];
  const faulty = createClock({
    state,
    ticks: {
      async publish(_clock, seconds) {
        published.push(seconds);
        const code = left.shift();
        if (code) throw new LeixError(code);
      },
    },
    now: () => nowMs,
    catchUp: async () => undefined,
  });
  owe(NOW);
  await faulty.tick(patience);
  expect(published).toEqual([NOW, NOW]);
});
