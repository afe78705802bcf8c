import { mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { createWorld, NOW, startTestLedger } from "@leix/exchange/testkit";
import { invariant } from "@leix/protocol";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { ReplaySource } from "../replay-source.ts";
import { createDeniedLedger } from "../what-if/what-if.testkit.ts";
import { openSearchIndex } from "./database.ts";
import type { Hit } from "./hit.ts";
import { toHitLines } from "./hit-text.ts";
import { type SearchFlags, toQuery } from "./query.ts";
import { updateIndex } from "./update-index.ts";

/** Each brings a ledger up to date, on a machine that does other things too. */
vi.setConfig({ testTimeout: 60_000 });

/** When every answer is overdue. */
const LATER = NOW + 30 * 86_400;
const ledger = await createDeniedLedger();
await ledger.appendInputs([ledger.world.tick(LATER)], LATER);
const { trust } = ledger.world;
let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "leix-search-"));
  file = join(folder, "search.sqlite");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function toSource(records: readonly Uint8Array[], total = records.length): ReplaySource {
  return {
    total,
    differences: [],
    records: async function* (begin = 0) {
      for (const bytes of records.slice(begin)) yield { bytes };
    },
  };
}

async function update(records: readonly Uint8Array[] = ledger.records, options = {}): Promise<number> {
  using index = openSearchIndex(file, trust, options);
  return await updateIndex(index, trust, toSource(records), { chunkRecords: 7 });
}

async function find(flags: SearchFlags = {}): Promise<Hit[]> {
  using index = openSearchIndex(file, trust);
  const { where, values } = toQuery(flags);
  return index.select(where, values, 1_000);
}

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "done",
    (error) => error.code ?? String(error),
  );

describe("an index", () => {
  test("has every record once, and is brought up to date from where it ended", async () => {
    const half = Math.floor(ledger.records.length / 2);
    expect(await update(ledger.records.slice(0, half))).toBe(half);
    expect(await update()).toBe(ledger.records.length - half);
    expect(await update()).toBe(0);
    const hits = await find();
    expect(hits.map(({ index }) => index)).toEqual(ledger.records.map((_, i) => i));
    const kinds = new Set(hits.map(({ kind }) => kind));
    expect(kinds).toEqual(new Set(["statement", "message", "rejection", "event"]));
  });

  test("is the same in one go, in many, and made anew", async () => {
    for (let end = 1; end <= ledger.records.length; end += 19) await update(ledger.records.slice(0, end));
    await update();
    const grown = await find();
    expect(await update(ledger.records, { isAnew: true })).toBe(ledger.records.length);
    expect(await find()).toEqual(grown);
  });

  test("does not go on with a ledger that is not the one it knows", async () => {
    await update();
    expect(await codeOf(update(ledger.records.slice(0, -1)))).toBe("ledger/rolled-back");
    const other = await startTestLedger(createWorld());
    const { world } = other;
    while (other.records.length <= ledger.records.length) {
      await other.append(await world.message("AL-SPOC", ["RS-SPOC"]));
    }
    expect(await codeOf(update(other.records))).toBe("ledger/rolled-back");
    expect(await update(other.records, { isAnew: true })).toBe(other.records.length);
  });

  test("takes in no record that is not in its place", async () => {
    const broken = ledger.records.toSpliced(20, 1);
    expect(await codeOf(update(broken))).toBe("record/index");
    expect((await find()).length).toBeLessThanOrEqual(20);
    expect(await update()).toBeGreaterThanOrEqual(ledger.records.length - 20);
    using index = openSearchIndex(file, trust, { isAnew: true });
    const short = updateIndex(index, trust, toSource(ledger.records, ledger.records.length + 1));
    expect(await codeOf(short)).toBe("ledger/rolled-back");
  });

  test("that another process has moved on is not written", async () => {
    using one = openSearchIndex(file, trust);
    const before = one.head();
    await update();
    expect(() => one.add(before, [], { ...before, next: 1 })).toThrow(
      expect.objectContaining({ code: "audit/index-unusable" }),
    );
  });

  test("is no other file, version or exchange", async () => {
    const open = (options = {}, at = file, by = trust) => {
      try {
        openSearchIndex(at, by, options)[Symbol.dispose]();
        return "opened";
      } catch (error) {
        return (error as { code?: string }).code ?? String(error);
      }
    };
    expect(open()).toBe("opened");
    expect(open({}, file, { ...trust, aud: "other.example" as never })).toBe("audit/index-unusable");
    using database = new DatabaseSync(file);
    database.exec("PRAGMA user_version = 7");
    expect(open()).toBe("audit/index-unusable");
    expect(open({ isAnew: true })).toBe("opened");
    const foreign = join(folder, "foreign.sqlite");
    using another = new DatabaseSync(foreign);
    another.exec("CREATE TABLE precious (one TEXT)");
    expect([open({}, foreign), open({ isAnew: true }, foreign)]).toEqual(
      Array(2).fill("audit/index-unusable"),
    );
    const text = join(folder, "text");
    await writeFile(text, "precious".repeat(100));
    expect(open({ isAnew: true }, text)).toBe("audit/index-unusable");
    expect(await readFile(text, "utf8")).toBe("precious".repeat(100));
    expect(open({}, join(folder, "no", "folder"))).toBe("audit/index-unusable");
  });

  test("whose first bytes were lost is not removed, and that its owner may is said", async () => {
    await update();
    const bytes = await readFile(file);
    await writeFile(file, bytes.fill(0, 0, 100));
    for (const isAnew of [true, false]) {
      expect(() => openSearchIndex(file, trust, { isAnew })).toThrow(
        expect.objectContaining({
          code: "audit/index-unusable",
          detail: expect.stringContaining("delete the file"),
        }),
      );
    }
    expect(await readFile(file)).toEqual(bytes);
  });

  test("of which a byte was lost says so, and can be made anew", async () => {
    await update();
    await truncate(file, 5_000);
    expect(await codeOf(find())).toBe("audit/index-unusable");
    await rm(file);
    expect(await update()).toBe(ledger.records.length);
  });
});

describe("a search", () => {
  beforeEach(() => update());

  /** What is asked for, and what has to hold of exactly the records that are found. */
  const cases: [string, SearchFlags, (hit: Hit) => boolean][] = [
    [
      "an agency",
      { agency: "RS-FIU" },
      ({ sender, agencies }) => sender === "RS-FIU" || agencies.some(({ agency }) => agency === "RS-FIU"),
    ],
    ["an outcome", { outcome: "denied" }, ({ outcome }) => outcome === "denied"],
    ["what was overdue", { outcome: "overdue" }, ({ kind }) => kind === "event"],
    ["a kind of message", { kind: "consent" }, ({ message }) => message?.kind === "consent"],
    ["a kind of record", { kind: "rejection" }, ({ kind }) => kind === "rejection"],
    ["a rule", { rule: "P32" }, ({ rules }) => rules.some((rule) => rule.startsWith("P32"))],
    ["a range", { from: "5", to: "9" }, ({ index }) => index >= 5 && index <= 9],
    ["a time", { from: "2027-01-16" }, ({ at }) => at >= Date.UTC(2027, 0, 16) / 1_000],
    [
      "two things",
      { kind: "message", rule: "P08" },
      ({ kind, rules }) => kind === "message" && rules.includes("P08"),
    ],
  ];

  test.each(cases)("for %s finds those records and no others", async (_, flags, holds) => {
    const expected = (await find()).filter(holds).map(({ index }) => index);
    expect(expected.length).toBeGreaterThan(0);
    expect((await find(flags)).map(({ index }) => index)).toEqual(expected);
  });

  test("for a thread or a part of an id finds it, whichever end is known", async () => {
    const all = await find();
    const one = all.find(({ message }) => message?.kind === "answer");
    invariant(one?.message, "there is an answer");
    const { id, thread } = one.message;
    const inThread = all.filter(({ message }) => message?.thread === thread).map(({ index }) => index);
    expect(inThread.length).toBeGreaterThan(1);
    for (const part of [thread, thread.slice(-12)]) {
      expect((await find({ thread: part })).map(({ index }) => index)).toEqual(inThread);
    }
    for (const text of [id, id.slice(-12), one.digest.slice(0, 10)]) {
      expect((await find({ text })).map(({ index }) => index)).toEqual([one.index]);
    }
    expect(await find({ case: "0" })).toEqual([]);
  });

  test("takes what a person wrote as a value, whatever it is", async () => {
    for (const text of ["' OR 1 = 1 --", "%", "_", "*", '"']) {
      expect(await find({ text, agency: text })).toEqual([]);
    }
    for (const flags of [{ rule: "32" }, { rule: "P32.'" }, { text: "" }, { from: "x" }]) {
      expect(await codeOf(find(flags))).toBe("command/arguments");
    }
  });

  test("shows a record in a line", async () => {
    const lines = toHitLines(await find());
    expect(lines).toHaveLength(ledger.records.length);
    const line = (pattern: RegExp) => lines.filter((one) => pattern.test(one)).length;
    expect(line(/^\d+ +2027-01-15 08:00 UTC +AL-SPOC +request +RS-SPOC permitted +P08$/)).toBe(1);
    expect(line(/ AL +statement agency +AL-SPOC version 1$/)).toBe(1);
    expect(line(/ AL-SPOC +rejection +rejected \[input\/not-json\]$/)).toBe(1);
    expect(line(/ - +event +.*RS-SPOC overdue.* P08$/)).toBe(1);
    expect(line(/ denied.* P32$/)).toBeGreaterThan(0);
  });
});
