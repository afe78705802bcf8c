import { encodeUtf8, invariant, LeixError, toDigest } from "@leix/protocol";
import { appendLeafHashes, createRange, hashTree, toRoot } from "@leix/tlog";
import { describe, expect, it } from "vitest";
import { createLogSigner, signCheckpoint } from "./checkpoint.testkit.ts";
import { createTestMemory, createTestSource, type TestMemory, type TestSource } from "./index.testkit.ts";
import { openSeenLedger, type SeenLedger } from "./seen-ledger.ts";
import { toLeafHash } from "./tree-trail.ts";

const toRecord = (name: string | number) => encodeUtf8(`{"decision":"${name}","kind":"event","v":1}`);
const toRecords = (count: number) => Array.from({ length: count }, (_, i) => toRecord(i));
const DIGEST = toDigest("decision");
const log = await createLogSigner("test.example/ledger");

interface Follow {
  readonly source: TestSource;
  readonly memory?: TestMemory;
  /** Does the ledger name its keeper's key? */
  readonly hasKey?: boolean;
  readonly lookMs?: number;
}

function open({
  source,
  memory = createTestMemory(),
  hasKey = true,
  lookMs = 60_000,
}: Follow): Promise<SeenLedger> {
  const listLogKeys = () => (hasKey ? [log.key] : []);
  return openSeenLedger({ source, memory, listLogKeys, onNotKept: () => undefined, lookMs });
}

/** As a follower starts: it checks, reads on to the end, and everything is kept. */
async function start(options: Follow): Promise<SeenLedger> {
  const seen = await open(options);
  await seen.check();
  await readOn(seen, options.source, 0);
  await seen.settled();
  return seen;
}

async function readOn(seen: SeenLedger, { records }: TestSource, from: number): Promise<void> {
  for (let at = from; at < records.length; at += 3) await seen.append(records.slice(at, at + 3), DIGEST);
}

/** Size and root of the tree of the first records. */
function toHead(size: number, records: readonly Uint8Array[] = toRecords(size)) {
  return { size, root: hashTree(records.slice(0, size).map(toLeafHash)) };
}

async function remember(records: readonly Uint8Array[]): Promise<TestMemory> {
  const memory = createTestMemory();
  await start({ source: createTestSource(records), memory });
  return memory;
}

const rolledBack = expect.objectContaining({ code: "ledger/rolled-back" });

describe("what was seen", () => {
  it("is kept with its root, and grows", async () => {
    const memory = await remember(toRecords(7));
    expect(memory.seen).toMatchObject({ records: 7, digest: DIGEST });
    const grown = createTestSource(toRecords(12));
    const seen = await start({ source: grown, memory });
    expect(seen.isChecked).toBe(true);
    expect(memory.seen?.records).toBe(12);
    const root = memory.seen && toRoot(memory.seen.tree);
    expect(root).toEqual(hashTree(toRecords(12).map(toLeafHash)));
  });

  it("is not kept before all of it is checked, and never grows smaller", async () => {
    const memory = await remember(toRecords(7));
    memory.kept.length = 0;
    const source = createTestSource(toRecords(12));
    const seen = await open({ source, memory });
    await seen.check();
    await seen.append(source.records.slice(0, 9), DIGEST);
    await seen.settled();
    expect([seen.isChecked, memory.kept]).toEqual([false, []]);
    await seen.append(source.records.slice(9), DIGEST);
    await seen.settled();
    expect(memory.kept.map(({ records }) => records)).toEqual([12]);
  });

  it("counts in this life where it cannot be kept", async () => {
    const memory = createTestMemory();
    memory.fault = new Error("read-only");
    const source = createTestSource(toRecords(4));
    const seen = await start({ source, memory });
    source.records = toRecords(3);
    await expect(seen.check()).rejects.toEqual(rolledBack);
  });
});

describe("LEDGER", () => {
  it("may be empty, and then grow", async () => {
    const source = createTestSource([]);
    const seen = await start({ source });
    expect(seen.isChecked).toBe(true);
    source.records = toRecords(2);
    await readOn(seen, source, 0);
    await seen.check();
    expect(seen.isChecked).toBe(true);
  });

  it.each([
    ["has lost its end", toRecords(6), undefined],
    ["is empty", [], undefined],
    ["has another record at its end", toRecords(7).with(6, toRecord("other")), 6],
    ["has another record in its middle", toRecords(9).with(2, toRecord("other")), 6],
    ["has what is no record", toRecords(9).with(6, encodeUtf8("none")), undefined],
  ])("that %s is noticed at the next start", async (_what, records, brokenAt) => {
    const seen = await open({ source: createTestSource(records), memory: await remember(toRecords(7)) });
    const starting = (async () => {
      await seen.check();
      await readOn(seen, createTestSource(records), 0);
    })();
    await expect(starting).rejects.toBeInstanceOf(LeixError);
    expect(seen.isChecked).toBe(false);
    expect(seen.brokenAt).toBe(brokenAt);
  });

  it.each([
    ["has lost its end", toRecords(6)],
    ["has another record at its end", toRecords(7).with(6, toRecord("other"))],
    ["has what is no record at its end", toRecords(7).with(6, encodeUtf8("none"))],
  ])("that %s is noticed when the connection was made anew", async (_what, records) => {
    const source = createTestSource(toRecords(7));
    const seen = await start({ source });
    source.records = records;
    await expect(seen.check()).rejects.toEqual(rolledBack);
    expect(seen.isChecked).toBe(false);
  });

  it("is waited for where a server is behind", async () => {
    const memory = await remember(toRecords(7));
    const source = createTestSource(toRecords(7));
    let isBehind = true;
    const slow = {
      ...source,
      settleMsMax: 60_000,
      count: async () => {
        const count = isBehind ? 6 : 7;
        isBehind = false;
        return count;
      },
    };
    const seen = await openSeenLedger({
      source: slow,
      memory,
      listLogKeys: () => [],
      onNotKept: () => undefined,
    });
    expect(await seen.check()).toBe(7);
  });
});

describe("the newest checkpoint", () => {
  async function startAt(records: readonly Uint8Array[], note: Uint8Array, more: Partial<Follow> = {}) {
    const source = createTestSource(records);
    source.note = note;
    return start({ source, ...more });
  }

  it("is all that a follower without memory goes by", async () => {
    const note = await signCheckpoint(toRecords(5), log);
    expect((await startAt(toRecords(8), note)).isChecked).toBe(true);
    const lost = startAt(toRecords(4), note);
    await expect(lost).rejects.toEqual(rolledBack);
    const other = startAt(toRecords(8).with(1, toRecord("other")), note);
    await expect(other).rejects.toEqual(rolledBack);
  });

  it("tells of a ledger that lost whoever signed it", async () => {
    const note = await signCheckpoint(toRecords(5), log);
    await expect(startAt([], note, { hasKey: false })).rejects.toEqual(rolledBack);
  });

  it("is compared again when the connection was made anew, also where it is of before", async () => {
    const source = createTestSource(toRecords(8));
    const seen = await start({ source });
    source.note = await signCheckpoint(toRecords(5), log);
    await seen.check();
    expect(seen.isChecked).toBe(true);
    source.note = await signCheckpoint(toRecords(5).with(4, toRecord("other")), log);
    await expect(seen.check()).rejects.toEqual(rolledBack);
    source.note = await signCheckpoint(toRecords(9), log);
    await expect(seen.check()).rejects.toEqual(rolledBack);
  });

  it("is judged when what came meanwhile is read", async () => {
    const source = createTestSource(toRecords(4));
    const seen = await start({ source });
    source.records = toRecords(8);
    source.note = await signCheckpoint(toRecords(6).with(5, toRecord("other")), log);
    await seen.check();
    expect(seen.isChecked).toBe(false);
    await expect(readOn(seen, source, 4)).rejects.toEqual(rolledBack);
  });

  it("is remembered, and CHECKPOINT may only go on from there", async () => {
    const memory = createTestMemory();
    await startAt(toRecords(8), await signCheckpoint(toRecords(5), log), { memory });
    const { root } = toHead(5);
    expect(memory.seen).toMatchObject({ records: 8, checkpoint: { size: 5, root } });
    for (const older of [await signCheckpoint(toRecords(4), log), undefined]) {
      const source = createTestSource(toRecords(9));
      source.note = older ?? null;
      await expect(start({ source, memory })).rejects.toEqual(rolledBack);
    }
    for (const size of [5, 7]) {
      const note = await signCheckpoint(toRecords(size), log);
      expect((await startAt(toRecords(8), note, { memory })).isChecked).toBe(true);
      expect(memory.seen?.checkpoint).toMatchObject(toHead(size));
    }
  });

  it("of an earlier life must be of the ledger that is there now", async () => {
    const memory = await remember(toRecords(6));
    const others = toRecords(6).with(2, toRecord("other"));
    invariant(memory.seen, "it remembers");
    memory.seen = { ...memory.seen, checkpoint: { size: 5, root: toHead(5, others).root, at: 9 } };
    const again = startAt(toRecords(6), await signCheckpoint(toRecords(6), log), { memory });
    await expect(again).rejects.toEqual(rolledBack);
  });

  it("that goes back, or away, is noticed when the connection was made anew", async () => {
    const source = createTestSource(toRecords(8));
    source.note = await signCheckpoint(toRecords(7), log);
    const seen = await start({ source });
    const newest = source.note;
    for (const note of [await signCheckpoint(toRecords(6), log), null]) {
      source.note = note;
      await expect(seen.check()).rejects.toEqual(rolledBack);
    }
    source.note = newest;
    await seen.check();
    expect(seen.isChecked).toBe(true);
  });

  it("that is late, as after LEDGER was recreated, is waited for", async () => {
    const memory = createTestMemory();
    const note = await signCheckpoint(toRecords(7), log);
    await startAt(toRecords(7), note, { memory });
    const source = createTestSource(toRecords(7));
    let asked = 0;
    const slow = { ...source, settleMsMax: 60_000, loadCheckpoint: async () => (asked++ < 2 ? null : note) };
    const seen = await open({ source: Object.assign(createTestSource(toRecords(7)), slow), memory });
    expect(await seen.check()).toBe(7);
  });

  it("is looked at while records come, and one of another tree ends it", async () => {
    const memory = createTestMemory();
    const source = createTestSource(toRecords(4));
    const seen = await open({ source, memory, lookMs: 0 });
    await seen.check();
    await readOn(seen, source, 0);
    const grow = async (to: number, note: Uint8Array) => {
      const from = source.records.length;
      source.records = toRecords(to);
      source.note = note;
      await readOn(seen, source, from);
      await seen.settled();
    };
    await grow(6, await signCheckpoint(toRecords(5), log));
    expect(memory.seen?.checkpoint).toMatchObject(toHead(5));
    // One that runs ahead is judged when its records are there.
    await grow(7, await signCheckpoint(toRecords(8), log));
    expect(memory.seen?.checkpoint).toMatchObject(toHead(5));
    await grow(9, source.note ?? new Uint8Array());
    expect(memory.seen?.checkpoint).toMatchObject(toHead(8));
    await grow(10, await signCheckpoint(toRecords(10).with(9, toRecord("other")), log));
    source.records = toRecords(11);
    await expect(readOn(seen, source, 10)).rejects.toEqual(rolledBack);
  });

  it("is none where another key signed it, another log is named, or it is no note", async () => {
    const stranger = await createLogSigner("test.example/ledger");
    const bad = [
      await signCheckpoint(toRecords(5), stranger),
      await signCheckpoint(toRecords(5), log, "other.example/ledger"),
      encodeUtf8("no note"),
    ];
    for (const note of bad) {
      await expect(startAt(toRecords(8), note)).rejects.toMatchObject({ code: "ledger/checkpoint-invalid" });
    }
  });
});

describe("a LEDGER that begins with a seal", () => {
  const BEGIN = 5;
  const all = toRecords(12);
  const begin = appendLeafHashes(createRange(), all.slice(0, BEGIN).map(toLeafHash));

  async function toSource(covered: number, records = all): Promise<TestSource> {
    const source = createTestSource(records);
    source.note = await signCheckpoint(records.slice(0, covered), log);
    return source;
  }

  async function follow(source: TestSource, memory = createTestMemory(), from = begin): Promise<SeenLedger> {
    const listLogKeys = () => [log.key];
    const seen = await openSeenLedger({
      source,
      memory,
      begin: from,
      listLogKeys,
      onNotKept: () => undefined,
    });
    await seen.check();
    await readOn(seen, source, from.end);
    await seen.settled();
    return seen;
  }

  it("is followed where a checkpoint covers what is gone, and remembered as a whole one", async () => {
    const memory = createTestMemory();
    expect((await follow(await toSource(12), memory)).isChecked).toBe(true);
    expect(memory.seen && toRoot(memory.seen.tree)).toEqual(toHead(12).root);
    const source = await toSource(12);
    await expect(follow(source, memory)).resolves.toMatchObject({ remembered: 12, isChecked: true });
  });

  it.each([BEGIN - 1, BEGIN, BEGIN + 2])("goes on from a memory of %d records", async (records) => {
    const memory = await remember(all.slice(0, records));
    expect((await follow(await toSource(12), memory)).isChecked).toBe(true);
    expect(memory.seen?.records).toBe(12);
  });

  it("is rolled back where no checkpoint covers what is gone", async () => {
    const source = createTestSource(all);
    await expect(follow(source)).rejects.toEqual(rolledBack);
    // Of as many records as are gone: the seal itself is not among them.
    for (const covered of [BEGIN - 1, BEGIN]) {
      await expect(follow(await toSource(covered))).rejects.toEqual(rolledBack);
    }
  });

  it("is rolled back where the tree of what is gone is another than was seen, or is public", async () => {
    const other = appendLeafHashes(
      createRange(),
      toRecords(20)
        .slice(8, 8 + BEGIN)
        .map(toLeafHash),
    );
    await expect(follow(await toSource(12), createTestMemory(), other)).rejects.toEqual(rolledBack);
    for (const records of [BEGIN, BEGIN + 2]) {
      const memory = await remember(all.slice(0, records));
      await expect(follow(await toSource(12), memory, other)).rejects.toEqual(rolledBack);
    }
  });
});
