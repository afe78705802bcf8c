import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLedgerWriter } from "@leix/ledger-store";
import { LeixError } from "@leix/protocol";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createFalseLedger } from "./export.testkit.ts";
import { type ReplayOptions, replayLedger } from "./replay.ts";
import { isSound, type Replay, toVerdict } from "./replay-result.ts";
import type { ReplaySource } from "./replay-source.ts";
import { toReport } from "./report.ts";
import { createSignedLedger } from "./signed-ledger.testkit.ts";
import { openStoreSource } from "./store-source.ts";

const ledger = await createSignedLedger();
const { records } = ledger;
const { trust } = ledger.world;
const size = records.length;

let folder: string;
let memoryFile: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "leix-resume-"));
  memoryFile = join(folder, "memory");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function toSource(given: readonly Uint8Array[], checkpoint?: Uint8Array): ReplaySource {
  return {
    ...{ total: given.length, differences: [], checkpoint },
    records: async function* (begin = 0) {
      for (const bytes of given.slice(begin)) yield { bytes };
    },
  };
}

function resume(source: ReplaySource, options: ReplayOptions = {}): Promise<Replay> {
  return replayLedger(trust, source, { memoryFile, ...options });
}

const sign = (at: number) => ledger.sign(ledger.headAt(at));

/** But whose numbering fits, which only an audit from the first record tells. */
function toFindings({ durationMs: _, resumed: __, senders: ___, ...found }: Replay) {
  return found;
}

describe("an audit that goes on from where it was", () => {
  test("finds what one from the first record finds, however often it was stopped", async () => {
    const whole = await replayLedger(trust, toSource(records, await sign(size)));
    for (let at = 7; at < size; at += 7) {
      const part = await resume(toSource(records.slice(0, at)));
      expect([part.checked, part.resumed, isSound(part)]).toEqual([at, at === 7 ? null : at - 7, true]);
    }
    const last = await resume(toSource(records, await sign(size)));
    expect(toFindings(last)).toEqual(toFindings(whole));
    expect(toReport(last)).toContain(`resumed      from record ${last.resumed}`);
  });

  test("with nothing new says the same again, also of a checkpoint that it has passed", async () => {
    const source = toSource(records, await sign(size - 2));
    const [first, again] = [await resume(source), await resume(source)];
    expect([isSound(first), isSound(again), again.resumed]).toEqual([true, true, size]);
    expect(toFindings(again)).toEqual(toFindings(first));
    // Of another copy, nothing but the last record would have been looked at.
    expect(toReport(again)).toContain(`checked      0 of ${size} records now`);
    expect(toReport(first)).toContain(`checked      ${size} of ${size} records,`);
  });

  test("finds nothing wrong in a checkpoint of fewer records than it begins with", async () => {
    await resume(toSource(records, await sign(size)));
    const lagging = { ...toSource(records, await sign(size)), cosigned: await sign(9) };
    const again = await resume(lagging);
    const compared = [
      { size, isSame: true },
      { size: 9, isSame: null },
    ];
    expect(again).toMatchObject({ mismatches: 0, tree: { checkpoints: compared } });
    expect(toVerdict(again)).toBe("sound");
    expect(toReport(again)).toContain("not compared with the checkpoint's of 9 records");
    // Whoever signed it is looked at all the same.
    const foreign = await resume({ ...lagging, cosigned: await ledger.sign(ledger.headAt(9), "spare") });
    expect(foreign.differences).toMatchObject([{ about: "checkpoint", code: "tlog/note-unsigned" }]);
  });

  test("proves it where the ledger comes with its tree", async () => {
    await resume(toSource(records, await sign(size)));
    const store = join(folder, "log", "store");
    await mkdir(join(folder, "log"));
    {
      await using writer = await openLedgerWriter(store, { log: ledger.vkey });
      await writer.append(records);
      await writer.publish(await sign(size));
    }
    await writeFile(join(folder, "log", "cosigned"), await sign(9));
    const again = await resume(await openStoreSource(store, trust));
    const compared = [
      { size, isSame: true },
      { size: 9, isSame: true },
    ];
    expect(again).toMatchObject({ resumed: size, mismatches: 0, tree: { checkpoints: compared } });
    const { root } = ledger.headAt(8);
    await writeFile(join(folder, "log", "cosigned"), await ledger.sign({ size: 9, root }));
    const forked = await resume(await openStoreSource(store, trust));
    expect(forked.differences).toMatchObject([{ about: "checkpoint", code: "ledger/root-differs" }]);
    expect(toReport(forked)).toContain("checkpoint: the checkpoint of 9 records signs the root");
  });

  test("when it is stopped keeps what it has, and claims nothing of the rest", async () => {
    const ending = new AbortController();
    ending.abort();
    // The source has more than it gives before it is stopped.
    const stopped = await resume({ ...toSource(records), total: size + 10 }, { signal: ending.signal });
    expect([stopped.checked, stopped.mismatches, isSound(stopped)]).toEqual([size, 0, false]);
    expect(toVerdict(stopped)).toBe("incomplete");
    expect(toReport(stopped)).toContain("this audit was stopped");
    expect(await resume(toSource(records))).toMatchObject({ resumed: size, mismatches: 0 });
  });

  test("keeps the differences that it has found", async () => {
    const { ledger: other, falseIndex } = await createFalseLedger();
    const [first, again] = [await resume(toSource(other.records)), await resume(toSource(other.records))];
    expect(first.differences).toMatchObject([{ index: falseIndex, code: "record/decided-otherwise" }]);
    expect([again.differences, isSound(again)]).toEqual([first.differences, false]);
  });

  test("of a ledger that is shorter by now, or another one, ends at once", async () => {
    await resume(toSource(records.slice(0, 20)));
    const shorter = await resume(toSource(records.slice(0, 12)));
    expect(shorter).toMatchObject({ broken: { index: 20, code: "ledger/rolled-back" } });
    const swapped = records.with(19, records[18] ?? new Uint8Array()) as typeof records;
    expect(await resume(toSource(swapped))).toMatchObject({ broken: { code: "ledger/rolled-back" } });
    expect(isSound(await resume(toSource(records)))).toBe(true);
  });
});

describe("the file", () => {
  test("is its owner's alone, and refused when it is damaged, cut, or of another exchange", async () => {
    await resume(toSource(records.slice(0, 20)));
    expect((await stat(memoryFile)).mode & 0o777).toBe(0o600);
    const whole = await readFile(memoryFile);
    const code = async (change: Buffer): Promise<string> => {
      await writeFile(memoryFile, change);
      return resume(toSource(records)).then(
        () => "resumed",
        (error) => (error instanceof LeixError ? error.code : String(error)),
      );
    };
    for (let at = 0; at < whole.byteLength; at += Math.floor(whole.byteLength / 50)) {
      const changed = Buffer.from(whole);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(await code(changed)).toBe("audit/resume-unusable");
    }
    expect(await code(whole.subarray(0, whole.byteLength - 60))).toBe("audit/resume-unusable");
    expect(await code(Buffer.alloc(0))).toBe("audit/resume-unusable");
    await writeFile(memoryFile, whole);
    const other = { ...trust, aud: "other.example" as typeof trust.aud };
    await expect(replayLedger(other, toSource(records), { memoryFile })).rejects.toMatchObject({
      code: "audit/resume-unusable",
    });
    expect(await code(whole)).toBe("resumed");
  });
});
