import { mkdtemp, open, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toRegisteredKey } from "@leix/exchange/testkit";
import { LeixError } from "@leix/protocol";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  createFalseLedger,
  createLedger,
  createSmallLedger,
  replayFile,
  toRootText,
  writeExport,
} from "./export.testkit.ts";
import { replayLedger } from "./replay.ts";
import { isSound, type ReplayProgress } from "./replay-result.ts";
import { toReport } from "./report.ts";

/** For what is done thousands of times, on a machine that does other things too. */
const MANY = { timeout: 300_000 };
const ledger = await createLedger();
const { records } = ledger;
const { trust } = ledger.world;

let folder: string;
let file: string;
let starts: number[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "leix-replay-"));
  file = join(folder, "ledger.ndjson");
  starts = await writeExport(file, records, trust);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("a sound ledger", () => {
  test("is checked whole, and counted", async () => {
    const replay = await replayFile(file, trust);
    expect(isSound(replay)).toBe(true);
    const { durationMs: _d, ...counted } = replay;
    expect(counted).toEqual({
      ...{ checked: records.length, ledger: records.length, mismatches: 0, differences: [], broken: null },
      ...{ resumed: null, erased: 0, undecided: 0, away: 0, sealed: null, head: ledger.state.head.prev },
      tree: { size: records.length, root: toRootText(records), checkpoints: [] },
      ...{ kinds: expect.anything(), outcomes: expect.anything(), rejections: expect.anything() },
      ...{ overdue: expect.any(Number), senders: expect.anything() },
    });
    const { kinds, outcomes, rejections, overdue } = replay;
    const sum = (counts: object) => Object.values(counts).reduce((total, count) => total + count, 0);
    expect(sum(kinds)).toBe(records.length);
    expect(sum(outcomes)).toBe(kinds.message);
    expect(sum(rejections)).toBe(kinds.rejection);
    const { flood, ...others } = kinds;
    expect(flood).toBe(0);
    expect(Object.values(others).every((count) => count > 0)).toBe(true);
    expect(Object.values(outcomes).every((count) => count > 0)).toBe(true);
    expect(overdue).toBeGreaterThan(0);
    expect(toReport(replay)).toContain(`${records.length} of ${records.length} records`);
    expect(toReport(replay)).toContain("no checkpoint to compare it with");
    expect(toReport(replay)).toContain(`events       1: the time of ${overdue} duties had run out`);
  });

  test("of nothing proves nothing", async () => {
    await writeExport(file, [], trust);
    const replay = await replayFile(file, trust);
    expect([replay.checked, replay.mismatches, isSound(replay)]).toEqual([0, 0, false]);
    expect(toReport(replay)).toContain("nothing to check");
  });

  test("tells how far it is", async () => {
    const seen: ReplayProgress[] = [];
    const source = {
      total: records.length,
      differences: [],
      records: async function* () {
        for (const bytes of records) yield { bytes };
      },
    };
    await replayLedger(trust, source, { onProgress: (progress) => seen.push(progress) });
    expect(seen.at(-1)).toMatchObject({ checked: records.length, total: records.length });
  });
});

describe("a ledger under another trust", () => {
  test("is not believed for what it says of itself", async () => {
    const other = { ...trust, aud: "other.example" as typeof trust.aud };
    const replay = await replayFile(file, other);
    expect(replay).toMatchObject({ checked: 0, broken: { index: 0, code: "claims/audience" } });
    expect(replay.differences[0]).toMatchObject({ index: null, code: "ledger/unreadable" });
    const anchorKey = toRegisteredKey("AL-SPOC").kid;
    expect(await replayFile(file, { ...trust, anchorKey })).toMatchObject({
      ...{ checked: 0, broken: { index: 0, code: "statement/not-genesis" }, mismatches: 2 },
    });
  });

  test("where only the header was changed, the records are checked all the same", async () => {
    await writeExport(file, records, { ...trust, aud: "other.example" as typeof trust.aud });
    const replay = await replayFile(file, trust);
    expect([replay.checked, replay.mismatches, replay.broken]).toEqual([records.length, 1, null]);
    expect(isSound(replay)).toBe(false);
  });
});

describe("a record that was decided otherwise", () => {
  test("is named, and what follows is checked on", async () => {
    const { ledger: other, falseIndex } = await createFalseLedger();
    starts = await writeExport(file, other.records, trust);
    const replay = await replayFile(file, trust);
    expect(replay).toMatchObject({ checked: other.records.length, mismatches: 1, broken: null });
    const difference = {
      index: falseIndex,
      offset: starts[falseIndex + 1],
      code: "record/decided-otherwise",
    };
    expect(replay.differences).toEqual([
      { ...difference, detail: expect.stringContaining("RS-SPOC permit") },
    ]);
    expect(toReport(replay, 1)).toContain("record/decided-otherwise");
  });
});

describe("a damaged file", () => {
  /** What is found when one byte is another one; the file is mended again. */
  async function replayWithByte(at: number, change: (byte: number) => number) {
    await using handle = await open(file, "r+");
    const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, at);
    const before = buffer.readUInt8(0);
    await handle.write(Uint8Array.of(change(before)), 0, 1, at);
    try {
      return await replayFile(file, trust);
    } catch (error) {
      if (!(error instanceof LeixError)) throw error;
      return error;
    } finally {
      await handle.write(Uint8Array.of(before), 0, 1, at);
    }
  }

  const lineOf = (at: number) => starts.findLastIndex((start) => start <= at);

  async function expectFound(at: number, change: (byte: number) => number): Promise<void> {
    const found = await replayWithByte(at, change);
    const line = lineOf(at);
    if (line === 0) {
      if (found instanceof LeixError) expect(found.code).toBe("ledger/unreadable");
      else expect(found.differences[0]).toMatchObject({ code: "ledger/unreadable" });
      return;
    }
    const place = { index: line - 1, offset: starts[line] };
    expect(found).toMatchObject({ mismatches: 1, differences: [place] });
    if (found instanceof LeixError) return;
    // Only the sender's own signature is no link of the chain: in its place, but it was never acceptable.
    if (found.broken) expect(found.checked).toBe(line - 1);
    else expect(found.differences[0]?.code).toBe("record/decided-otherwise");
  }

  /** Flips bits at random places, the same ones every time; returns how many records were hit. */
  async function flipBits(count: number): Promise<number> {
    const size = starts.at(-1) ?? 0;
    const flips = fc.sample(fc.tuple(fc.nat(size - 1), fc.nat(7)), { numRuns: count, seed: 20_180_710 });
    for (const [at, bit] of flips) await expectFound(at, (byte) => byte ^ (1 << bit));
    return new Set(flips.map(([at]) => lineOf(at))).size;
  }

  test("one bit anywhere in a small export, 2,000 times: each is found in its own record", MANY, async () => {
    const small = await createSmallLedger();
    starts = await writeExport(file, small.records, trust);
    expect(await flipBits(2_000)).toBe(small.records.length + 1);
    expect(isSound(await replayFile(file, trust))).toBe(true);
  });

  test("one bit anywhere in an export with messages and policies, 200 times", MANY, async () => {
    expect(await flipBits(200)).toBeGreaterThan(records.length * 0.8);
    expect(isSound(await replayFile(file, trust))).toBe(true);
  });

  test("every byte of the header", MANY, async () => {
    for (let at = 0; at < (starts[1] ?? 0); at++) await expectFound(at, (byte) => byte ^ 1);
    expect(starts[1]).toBeGreaterThan(100);
  });

  test(
    "a lost line end is named at the record before it, a new one at the record it cuts",
    MANY,
    async () => {
      for (const start of starts.slice(2)) await expectFound(start - 1, () => 0x20);
      for (const start of starts.slice(1, -1)) await expectFound(start + 100, () => 0x0a);
      expect(starts).toHaveLength(records.length + 2);
    },
  );

  test("cut off anywhere: in a record, at its end, before its line end", async () => {
    const last = records.length - 1;
    const [lastStart = 0, end = 0] = starts.slice(-2);
    const cut = async (size: number) => {
      await writeExport(file, records, trust);
      await truncate(file, size);
      return (await replayFile(file, trust)).broken;
    };
    expect(await cut(lastStart + 50)).toMatchObject({
      index: last,
      offset: lastStart,
      code: "record/malformed",
    });
    expect(await cut(end - 1)).toMatchObject({ index: last, offset: lastStart, code: "record/malformed" });
    expect(await cut(lastStart)).toMatchObject({ index: last, offset: lastStart, code: "ledger/unreadable" });
    expect(await cut(starts[1] ?? 0)).toMatchObject({ index: 0, code: "ledger/unreadable" });
  });

  test("records left out, added, or in another order", async () => {
    const broken = async (altered: readonly Uint8Array[]) => {
      await writeExport(file, altered, trust);
      return (await replayFile(file, trust)).broken;
    };
    expect(await broken(records.toSpliced(5, 1))).toMatchObject({ index: 5, code: "record/index" });
    expect(await broken([...records, ...records.slice(-1)])).toMatchObject({ index: records.length });
    const content = await readFile(file);
    const header = content.subarray(0, content.indexOf(10) + 1).toString();
    const announced = header.replace(`"records":${records.length + 1}`, `"records":${records.length}`);
    await writeFile(file, Buffer.concat([Buffer.from(announced), content.subarray(header.length)]));
    expect((await replayFile(file, trust)).broken).toMatchObject({
      ...{ index: records.length, code: "ledger/unreadable" },
    });
  });

  test("the report draws the place, and claims nothing after it", async () => {
    const middle = Math.floor(records.length / 2);
    const found = await replayWithByte((starts[middle + 1] ?? 0) + 9, (byte) => byte ^ 1);
    if (found instanceof LeixError) throw found;
    const report = toReport(found, starts.at(-1));
    expect(report).toMatch(/▕█+✗·+▏/);
    expect(report).toContain(`record ${middle}, byte ${starts[middle + 1]?.toLocaleString("en-GB")}`);
    expect(report).toContain(`Nothing is said of the ${records.length - middle} records`);
  });
});
