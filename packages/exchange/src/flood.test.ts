import { type ErrorCode, LeixError, limits, openDecision, parseRecord } from "@leix/protocol";
import { describe, expect, test } from "vitest";
import { auditBatch } from "./audit-batch.ts";
import type { ThrottledInput } from "./batch.ts";
import { listDeliveries } from "./deliveries.ts";
import type { Entry } from "./entry.ts";
import { createFloodedExchange, recordFlood } from "./flood.testkit.ts";
import { listProposals } from "./flood.ts";
import { toAgency, toPolicySet } from "./genesis.testkit.ts";
import { createTestLedger, forgeRecord, startTestLedger, type TestLedger, toWord } from "./ledger.testkit.ts";
import { audit, follow } from "./replay.ts";
import { createLayer } from "./state.ts";
import { createWorld, NOW, toAccount } from "./world.testkit.ts";

const { REJECTIONS_PER_MINUTE_MAX: MOST, REJECTIONS_PER_DAY_MAX } = limits;
const { FLOOD_MINUTES_MAX, FLOOD_SUMMARY_MAX } = limits;
const MANY = { timeout: 60_000 };
const FLOODER = "AL-CUSTOMS";
const world = createWorld();
const genesis = await startTestLedger(world);
const MINUTE = NOW - (NOW % 60);

const createLedger = (): TestLedger => createTestLedger(world, createLayer(genesis.state));
let made = 0;
const toGarbage = (count: number, by = FLOODER) => {
  return Array.from({ length: count }, () => world.bytes(by, `garbage ${made++}`));
};

/** A minute of a flooder that is full, with so many waiting; `most` are recorded one by one. */
async function fill(
  ledger: TestLedger,
  waiting: number,
  at = MINUTE,
  most: number = MOST,
): Promise<ThrottledInput[]> {
  const decided = await ledger.appendInputs(toGarbage(most + waiting), at);
  return decided.filter((one) => one.kind === "throttled");
}

type Flood = Extract<Entry, { kind: "flood" }>;

async function summarizeAt(
  ledger: TestLedger,
  waiting: readonly ThrottledInput[],
  at: number,
): Promise<Flood> {
  const recorded = await recordFlood(ledger, waiting, at);
  if (recorded?.entry.kind !== "flood") throw new Error("no summary");
  return recorded.entry;
}

describe("above the limit", () => {
  test("rejections wait, of that account and in that minute alone, and all else is decided", async () => {
    const ledger = createLedger();
    const waiting = await fill(ledger, 3);
    expect(waiting.map(({ code, until }) => [code, until])).toEqual(
      Array.from({ length: 3 }, () => ["input/not-json", MINUTE + 60]),
    );
    const honest = await world.message(FLOODER, ["RS-FIU"], { classification: "unclassified" });
    const others = [honest.input, ...toGarbage(1, "RS-FIU"), ...toGarbage(1)];
    const words = (await ledger.appendInputs(others, MINUTE + 59)).map(toWord);
    expect(words).toEqual(["permitted", "input/not-json", "throttled input/not-json"]);
    const [next] = await ledger.appendInputs(toGarbage(1), MINUTE + 60);
    expect(toWord(next)).toBe("input/not-json");
  });

  test("one record rejects what waits, in the order of OUT, and answers its sender once", async () => {
    const ledger = createLedger();
    const waiting = await fill(ledger, 5);
    const flood = await summarizeAt(ledger, waiting.toReversed(), MINUTE + 60);
    const [first] = waiting;
    expect(flood).toMatchObject({ minute: MINUTE, at: MINUTE + 60 });
    expect(flood.input).toEqual({
      account: toAccount(FLOODER),
      sequence: first?.input.sequence,
      digest: first?.examined.rawDigest,
    });
    expect(flood.inputs).toEqual(
      waiting.map(({ input: { sequence }, examined: { rawDigest: digest }, code }) => {
        return { sequence, digest, code };
      }),
    );
    const record = parseRecord(ledger.records.at(-1) ?? new Uint8Array());
    const deliveries = listDeliveries(ledger.state, record, undefined);
    expect(deliveries.map(({ kind, recipient, id }) => [kind, recipient, id])).toEqual([
      ["rejection", toAccount(FLOODER), first?.examined.rawDigest],
    ]);
  });

  test("what comes again is answered from the summary, whoever delivers it", async () => {
    const ledger = createLedger();
    const waiting = await fill(ledger, 3);
    const { index } = await summarizeAt(ledger, waiting, MINUTE + 60);
    const again = waiting.map(({ input }) => input);
    const sentAnew = again.map((input) => ({ ...input, sequence: input.sequence + 10_000 }));
    const decided = await ledger.appendInputs([...again, ...sentAnew], MINUTE + 60);
    expect(decided.map((one) => one.kind === "repeat" && one.repeat)).toEqual(
      [true, true, true, false, false, false].map((sameDelivery) => ({
        kind: "repeat",
        index,
        sameDelivery,
      })),
    );
  });

  test("nothing is summarized before its minute is over, twice, or where it was not full", async () => {
    const ledger = createLedger();
    const waiting = await fill(ledger, 3);
    expect(await recordFlood(ledger, waiting, MINUTE + 59)).toBeUndefined();
    await summarizeAt(ledger, waiting.slice(0, 2), MINUTE + 60);
    expect(await recordFlood(ledger, waiting, MINUTE + 120)).toBeUndefined();
    expect(await recordFlood(createLedger(), waiting, MINUTE + 120)).toBeUndefined();
  });

  test("a summary has room for so many, each digest once; the rest is decided anew", MANY, async () => {
    const ledger = createLedger();
    const exchange = createFloodedExchange(ledger);
    const garbage = toGarbage(MOST + FLOOD_SUMMARY_MAX + 5);
    const twice = garbage.slice(-1).map((one) => ({ ...one, sequence: one.sequence + 10_000 }));
    await exchange.take([...garbage, ...twice], MINUTE);
    expect(exchange.waiting).toHaveLength(FLOOD_SUMMARY_MAX + 6);
    await exchange.take([], MINUTE + 60);
    const kinds = ledger.records.slice(MOST).map((bytes) => parseRecord(bytes).decision.content);
    const counts = kinds.map((content) => (content.kind === "flood" ? content.inputs.length : content.kind));
    expect(counts).toEqual([FLOOD_SUMMARY_MAX, ...Array.from({ length: 5 }, () => "rejection")]);
    expect(exchange.waiting).toEqual([]);
  });

  test("after so many on a day it is one a minute, and the summary has the others", MANY, async () => {
    const ledger = createLedger();
    const exchange = createFloodedExchange(ledger);
    const day = NOW - (NOW % 86_400) + 86_400;
    const minutes = Math.ceil(REJECTIONS_PER_DAY_MAX / MOST);
    for (let i = 0; i < minutes; i++) {
      const left = REJECTIONS_PER_DAY_MAX - i * MOST;
      await exchange.take(toGarbage(Math.min(MOST, left)), day + i * 60);
    }
    expect(ledger.records).toHaveLength(REJECTIONS_PER_DAY_MAX);
    const at = day + minutes * 60;
    const [last, more] = [toGarbage(1), toGarbage(5)];
    expect((await exchange.take([...last, ...more], at)).map(toWord)).toEqual(["input/not-json"]);
    const honest = await world.message(FLOODER, ["RS-FIU"], { classification: "unclassified" });
    expect((await exchange.take([honest.input], at)).map(toWord)).toEqual(["permitted"]);
    await exchange.take([], at + 60);
    const last3 = ledger.records.slice(-3).map((bytes) => parseRecord(bytes).decision.content);
    expect(last3.map(({ kind }) => kind)).toEqual(["rejection", "message", "flood"]);
    expect(last3.at(-1)).toMatchObject({ minute: at, inputs: more.map(() => ({ code: "input/not-json" })) });
    const others = await exchange.take(toGarbage(3, "RS-FIU"), at + 60);
    expect(others).toHaveLength(3);
    const next = await exchange.take(toGarbage(3), day + 86_400);
    expect(next.map(toWord)).toEqual(next.map(() => "input/not-json"));
    expect(next).toHaveLength(3);
    const audited = await auditBatch(createLayer(genesis.state), ledger.records);
    expect(audited.audited.filter(({ difference }) => difference)).toEqual([]);
  });

  test("the day's limit is over with the policy set that has it, in the same day", MANY, async () => {
    const ledger = createLedger();
    const minutes = Math.ceil(REJECTIONS_PER_DAY_MAX / MOST);
    for (let i = 0; i < minutes; i++) {
      const left = REJECTIONS_PER_DAY_MAX - i * MOST;
      await ledger.appendInputs(toGarbage(Math.min(MOST, left)), MINUTE + i * 60);
    }
    const at = MINUTE + minutes * 60;
    expect(Math.floor(at / 86_400)).toBe(Math.floor(MINUTE / 86_400));
    expect(await fill(ledger, 2, at, 1)).toHaveLength(2);
    const set = { version: 2, deciders: ["1", "2"] };
    const signed = ["AL", "RS"].map((by) => world.statement(by as "AL", toPolicySet(world, set)));
    const sent = (await Promise.all(signed)).map(({ input }) => input);
    expect((await ledger.appendInputs(sent, at)).map(toWord)).toEqual(["statement", "statement"]);
    expect(await fill(ledger, 0, at, MOST - 1)).toEqual([]);
    expect(await fill(ledger, 3, at, 0)).toHaveLength(3);
    const audited = await auditBatch(createLayer(genesis.state), ledger.records);
    expect(audited.audited.filter(({ difference }) => difference)).toEqual([]);
  });

  test("what can no longer have been refused so is left out", async () => {
    const ledger = createLedger();
    const waiting = await fill(ledger, 2);
    const [one, other] = waiting as [ThrottledInput, ThrottledInput];
    const changed = [{ ...one, code: "message/no-policy-set" as const }, other];
    expect((await summarizeAt(ledger, changed, MINUTE + 60)).inputs).toHaveLength(1);
  });

  test("of its sixty-first summary on an account's first is forgotten, and nothing else", MANY, async () => {
    const ledger = createLedger();
    const first = await fill(ledger, 1);
    await summarizeAt(ledger, first, MINUTE + 60);
    const toMost = (i: number) => Math.max(1, Math.min(MOST, REJECTIONS_PER_DAY_MAX - i * MOST));
    const fillNext = (i: number) => fill(ledger, 1, MINUTE + i * 60, toMost(i));
    for (let i = 1; i < 60; i++) await summarizeAt(ledger, await fillNext(i), MINUTE + i * 60 + 60);
    expect([ledger.state.floods, ledger.state.flooded].map((map) => [...map.entries()].length)).toEqual([
      60, 60,
    ]);
    const last = await fillNext(60);
    const { index } = await summarizeAt(ledger, last, MINUTE + 3_660);
    expect([ledger.state.floods, ledger.state.flooded].map((map) => [...map.entries()].length)).toEqual([
      60, 60,
    ]);
    const again = [...first, ...last].map(({ input }) => input);
    const words = (await ledger.appendInputs(again, MINUTE + 3_660)).map(toWord);
    expect(words).toEqual(["input/not-json", `repeat of ${index}`]);
  });
});

describe("a flood that lasts", () => {
  /** So many minutes of flood, one after the other; what each summary proposes. */
  async function flood(ledger: TestLedger, minutes: number, by = FLOODER) {
    const proposals: unknown[] = [];
    for (let i = 0; i < minutes; i++) {
      const at = MINUTE + i * 60;
      const decided = await ledger.appendInputs(toGarbage(MOST + 1, by), at);
      const waiting = decided.filter((one) => one.kind === "throttled");
      proposals.push((await summarizeAt(ledger, waiting, at + 60)).proposal);
    }
    return proposals;
  }

  test(
    "proposes a suspension once within an hour, to its country's single point of contact",
    MANY,
    async () => {
      const ledger = createLedger();
      const proposals = await flood(ledger, FLOOD_MINUTES_MAX + 3);
      const proposal = { suspend: FLOODER, to: "AL-SPOC" };
      expect(listProposals(ledger.state)).toEqual([{ suspend: FLOODER, index: expect.any(Number) }]);
      expect(proposals).toEqual(
        proposals.map((_, i) => (i === FLOOD_MINUTES_MAX - 1 ? proposal : undefined)),
      );
      expect(ledger.state.parties.get(FLOODER as never)?.statement).toMatchObject({ status: "active" });
      const records = ledger.records.map((bytes) => parseRecord(bytes));
      const proposing = records.find(
        ({ decision: { content } }) => content.kind === "flood" && content.proposal,
      );
      if (!proposing) throw new Error("no proposal");
      const [notice, reply] = listDeliveries(ledger.state, proposing, undefined);
      expect([notice?.kind, notice?.recipient]).toEqual(["notice", toAccount("AL-SPOC")]);
      expect([reply?.kind, reply?.recipient]).toEqual(["rejection", toAccount(FLOODER)]);
      const audited = createLayer(genesis.state);
      const { audited: all } = await auditBatch(audited, ledger.records);
      expect(all.filter(({ difference }) => difference)).toEqual([]);
    },
  );

  test("of a single point of contact itself nobody is told, and the ledger says so", MANY, async () => {
    const proposals = await flood(createLedger(), FLOOD_MINUTES_MAX, "AL-SPOC");
    expect(proposals.at(-1)).toEqual({ suspend: "AL-SPOC" });
  });

  test("of who is suspended already nothing is proposed", MANY, async () => {
    const ledger = createLedger();
    const suspended = toAgency(FLOODER, { version: 2, status: "suspended" });
    await ledger.append(await world.statement("AL", suspended));
    expect(await flood(ledger, FLOOD_MINUTES_MAX)).toEqual(
      Array.from({ length: FLOOD_MINUTES_MAX }, () => undefined),
    );
  });
});

describe("an auditor finds", async () => {
  const ledger = createLedger();
  const waiting = await fill(ledger, 3);
  const layer = createTestLedger(world, createLayer(ledger.state));
  const flood = await summarizeAt(layer, waiting, MINUTE + 60);

  async function auditForged(entry: Entry, on = ledger): Promise<ErrorCode | "sound"> {
    const record = await forgeRecord(on, entry);
    await follow(createLayer(on.state), record);
    return audit(createLayer(on.state), record).then(
      () => "sound" as const,
      (error) => (error as LeixError).code,
    );
  }

  test("nothing in an honest summary", async () => {
    expect(await auditForged(flood)).toBe("sound");
  });

  const early = createLedger();
  await early.appendInputs(toGarbage(MOST - 1), MINUTE);
  const place = { index: early.state.head.index };
  const known = parseRecord(ledger.records[0] ?? new Uint8Array()).decision.content.input;
  const { account: _, ...sent } = known;
  const lies: [string, Entry, TestLedger?][] = [
    ["a summary where the limit was not reached", { ...flood, ...place }, early],
    ["a summary of a minute that is not over", { ...flood, at: MINUTE + 59 }],
    ["a summary of another minute", { ...flood, minute: MINUTE - 60 }],
    ["a second summary of a minute", { ...flood, index: layer.state.head.index }, layer],
    ["a proposal too early", { ...flood, proposal: { suspend: FLOODER as never } }],
    [
      "what was rejected alone before",
      { ...flood, input: known, inputs: [{ ...sent, code: "input/not-json" }] },
    ],
    [
      "a code that rejects nothing",
      { ...flood, inputs: flood.inputs.map((one) => ({ ...one, code: "tlog/note" })) },
    ],
    [
      "one rejection more than a minute may have",
      { ...flood, kind: "rejection", at: MINUTE + 59, code: "input/not-json", detail: "" } as never,
    ],
  ];
  test.each(lies)("%s", async (_name, entry, on) => {
    expect(await auditForged(entry, on)).toBe("record/decided-otherwise");
  });

  test.each<[string, (entry: Flood) => Partial<Flood>]>([
    ["other inputs than its own place", ({ inputs }) => ({ inputs: inputs.slice(1) })],
    ["inputs in another order", ({ inputs: [a, b, c] }) => ({ inputs: [a, c, b] as never })],
    ["one input twice", ({ inputs: [a, b] }) => ({ inputs: [a, b, { ...b, sequence: 99_999 }] as never })],
  ])("%s: decision/malformed", async (_name, change) => {
    const { decision } = JSON.parse(
      new TextDecoder().decode(await forgeRecord(ledger, { ...flood, ...change(flood) })),
    );
    expect(() => openDecision(decision)).toThrow(LeixError);
    await expect(
      audit(createLayer(ledger.state), await forgeRecord(ledger, { ...flood, ...change(flood) })),
    ).rejects.toMatchObject({ code: "decision/malformed" });
  });
});
