import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NOW } from "@leix/exchange/testkit";
import { loadPolicySet } from "@leix/principles";
import { encodeLeafEntry, LeixError, parseRecord, toDigest, toLeafEntry } from "@leix/protocol";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { createPaper } from "../messages/paper.ts";
import { replayLedger } from "./replay.ts";
import { isSound, toVerdict } from "./replay-result.ts";
import type { ReplaySource, SourceRecord } from "./replay-source.ts";
import { toReport } from "./report.ts";
import { openSearchIndex } from "./search/database.ts";
import type { Hit } from "./search/hit.ts";
import { updateIndex } from "./search/update-index.ts";
import { createSealedLedger, type SealedLedger } from "./signed-ledger.testkit.ts";
import { compareLedger } from "./what-if/compare.ts";
import { toPage } from "./what-if/page.ts";
import { writeReport } from "./what-if/report-text.ts";
import { toPolicy } from "./what-if/what-if.testkit.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

let ledger: SealedLedger;
beforeAll(async () => {
  ledger = await createSealedLedger();
});

function toErased(bytes: Uint8Array): SourceRecord {
  const { kind } = parseRecord(bytes);
  if (kind === "statement" || kind === "seal") return { bytes };
  return { bytes: new Uint8Array(), erased: encodeLeafEntry(toLeafEntry(kind, bytes)) };
}

/** The ledger up to a size; what is erased below the seal is erased, where `isErased`. */
function toSource(isErased: boolean, total = ledger.records.length): ReplaySource {
  const all = ledger.records.slice(0, total);
  return {
    ...{ total, differences: [] },
    sealed: async (index) => (index === ledger.seal ? give(ledger.items) : null),
    records: (begin = 0) =>
      give(all.map((bytes, i) => (isErased && i < ledger.seal ? toErased(bytes) : { bytes })).slice(begin)),
  };
}

/** What was before the seal is put away. */
function toRotated(): ReplaySource {
  const source = toSource(false);
  return {
    ...source,
    begin: ledger.tree,
    records(begin = 0) {
      if (begin < ledger.seal) throw new LeixError("ledger/record-erased", "put away");
      return source.records(begin);
    },
  };
}

async function* give<T>(items: readonly T[]): AsyncGenerator<T, void> {
  yield* items;
}

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "done",
    (error) => error.code ?? String(error),
  );

describe("an audit of a rotated ledger", () => {
  test("says that what was put away was not looked at, in its report and its verdict", async () => {
    const { world, records, seal } = ledger;
    const checkpoint = await ledger.sign(ledger.headAt(records.length));
    const found = await replayLedger(world.trust, { ...toRotated(), checkpoint });
    expect(found).toMatchObject({ mismatches: 0, away: seal, checked: records.length - seal });
    expect([isSound(found), toVerdict(found)]).toEqual([true, "put-away"]);
    expect(toReport(found)).toContain("none: every record that is here was decided as the rules demand");
    expect(toReport(found)).toContain(`put away     ${seal} records`);
    const whole = await replayLedger(world.trust, { ...toSource(false), checkpoint });
    expect(toVerdict(whole)).toBe("sound");
    const erased = await replayLedger(world.trust, { ...toSource(true), checkpoint });
    expect(toVerdict(erased)).toBe("sound");
  });

  test("blames no sender for what was not looked at, below the seal", async () => {
    const own = await createSealedLedger();
    const { world, records, seal } = own;
    const at = NOW + 3_600 + 2;
    const content = { classification: "unclassified" } as const;
    const late = [5, 7].map((seq) => {
      return world.message("RS-SPOC", ["AL-SPOC"], { ...content, seq, prev: toDigest(`${seq}`) });
    });
    await own.appendInputs(
      (await Promise.all(late)).map(({ input }) => input),
      at,
    );
    const replay = async (isErased: boolean) => {
      const source: ReplaySource = {
        ...{ total: records.length, differences: [] },
        sealed: async () => give(own.items),
        records: (begin = 0) =>
          give(records.map((bytes, i) => (isErased && i < seal ? toErased(bytes) : { bytes })).slice(begin)),
      };
      const found = await replayLedger(world.trust, source);
      return { found, theirs: found.senders.find(({ agency }) => agency === "RS-SPOC") };
    };
    const [whole, erased] = [await replay(false), await replay(true)];
    expect(whole.theirs).toMatchObject({ gaps: 2, missing: 4 });
    expect(erased.found.sealed).toBe(seal);
    expect(erased.theirs).toMatchObject({ gaps: 1, missing: 1, findings: [{ kind: "gap", from: 6, to: 6 }] });
    const said = [erased, whole].map(({ found }) => toReport(found).includes("of it nothing is said"));
    expect(said).toEqual([true, false]);
  });

  test("is not compared with a checkpoint of what was put away", async () => {
    const { world, records, seal } = ledger;
    const checkpoint = await ledger.sign(ledger.headAt(records.length));
    const cosigned = await ledger.sign(ledger.headAt(seal - 1));
    const found = await replayLedger(world.trust, { ...toRotated(), checkpoint, cosigned });
    const compared = [
      { size: records.length, isSame: true },
      { size: seal - 1, isSame: null },
    ];
    expect(found).toMatchObject({ mismatches: 0, tree: { checkpoints: compared } });
  });
});

describe("what-if", () => {
  const compare = (source: ReplaySource) => {
    const { trust, policyFiles } = ledger.world;
    const proposed = loadPolicySet([...policyFiles, toPolicy("P98", "context.classificationRank >= 0")]);
    return compareLedger(trust, source, { proposed });
  };

  test("over an erased ledger, and over a rotated one, has what follows the seal", async () => {
    const { records, seal } = ledger;
    const whole = await compare(toSource(false));
    expect(whole).toMatchObject({ sealed: null, records: records.length });
    expect(whole.first?.index).toBeLessThan(seal);
    const left = records.slice(seal).filter((bytes) => parseRecord(bytes).kind === "message").length;
    expect(left).toBeGreaterThan(0);
    for (const source of [toSource(true), toRotated()]) {
      const { durationMs: _, ...report } = await compare(source);
      expect(report).toMatchObject({ sealed: seal, records: records.length - seal, messages: left });
      // Every message is decided beside all that was known when it was: an answer to what is erased, too.
      const later = whole.changes.filter(({ index }) => index >= seal);
      expect(later.length).toBeGreaterThan(0);
      expect([report.changes, report.inForce]).toEqual([later, whole.inForce]);
    }
  });

  test("says from where on", async () => {
    const report = await compare(toSource(true));
    const lines: string[] = [];
    writeReport(createPaper({ write: (text: string) => lines.push(text) }), report);
    const text = `from record ${ledger.seal} on: what was before is erased or put away`;
    expect(lines.join("").replaceAll(/\s+/g, " ")).toContain(text);
    expect(toPage(report)).toContain(text);
  });

  test("needs the state that the seal names, and a seal", async () => {
    const source = toSource(true);
    expect(await codeOf(compare({ ...source, sealed: async () => null }))).toBe("ledger/record-erased");
    const items = ledger.items.filter((item) => item.kind === "statement" || item.part[1] !== "rejections");
    const other = { ...source, sealed: async () => give(items) };
    expect(await codeOf(compare(other))).toBe("ledger/seal-differs");
    const unsealed = toSource(true, ledger.seal);
    expect(await codeOf(compare(unsealed))).toBe("ledger/record-erased");
    const last = ledger.records.length - 1;
    const records = async function* (begin = 0) {
      let index = begin;
      for await (const one of source.records(begin)) yield index++ === last ? toErased(one.bytes) : one;
    };
    expect(await codeOf(compare({ ...source, records }))).toBe("ledger/record-erased");
  });
});

describe("a search index", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "leix-sealed-search-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  interface Made {
    readonly added: number;
    readonly first: number;
    readonly hits: readonly Hit[];
    readonly agencies: number;
  }

  async function update(source: ReplaySource, file = "one.sqlite"): Promise<Made> {
    const { trust } = ledger.world;
    using index = openSearchIndex(join(folder, file), trust);
    const added = await updateIndex(index, trust, source, { chunkRecords: 3 });
    const agencies = index.select("WHERE idx IN (SELECT idx FROM agencies)", [], 1_000).length;
    return { added, first: index.first(), hits: index.select("", [], 1_000), agencies };
  }

  function isLeft({ index, kind }: Hit): boolean {
    return index >= ledger.seal || kind === "statement";
  }

  test("of an erased ledger, and of a rotated one, has what follows the seal, and statements", async () => {
    const { hits } = await update(toSource(false));
    const left = hits.filter(isLeft);
    expect(hits.length - left.length).toBe(ledger.erasable);
    for (const [file, source] of Object.entries({ erased: toSource(true), rotated: toRotated() })) {
      const made = await update(source, file);
      expect(made).toMatchObject({ added: ledger.records.length - ledger.seal, first: ledger.seal });
      expect(made.hits).toEqual(left);
      expect(await update(source, file)).toEqual({ ...made, added: 0 });
    }
  });

  test("drops what was erased since, wherever it had ended", async () => {
    const { seal, records } = ledger;
    const fresh = await update(toSource(true), "fresh");
    for (const total of [9, seal - 1, seal, seal + 1, records.length]) {
      const file = `${total}.sqlite`;
      const before = await update(toSource(false, total), file);
      expect([before.hits.length, before.first]).toEqual([total, 0]);
      const after = await update(toSource(true), file);
      expect([total, after.hits, after.agencies]).toEqual([total, fresh.hits, fresh.agencies]);
      expect(after).toMatchObject({ first: seal, added: records.length - Math.max(seal, total) });
    }
  });

  test("keeps what was only put away, and needs what lies between", async () => {
    const whole = await update(toSource(false));
    expect(await update(toRotated())).toEqual({ ...whole, added: 0 });
    await update(toSource(false, ledger.seal), "sealed");
    const { hits, first } = await update(toRotated(), "sealed");
    expect([hits, first]).toEqual([whole.hits, 0]);
    await update(toSource(false, ledger.seal - 1), "behind");
    expect(await codeOf(update(toRotated(), "behind"))).toBe("ledger/record-erased");
  });

  test("is left as it is where nothing shows that records may be erased", async () => {
    const whole = await update(toSource(false));
    const bare = { ...toSource(true), sealed: async () => null };
    expect(await codeOf(update(bare))).toBe("ledger/record-erased");
    const { hits } = await update(toSource(false));
    expect(hits).toEqual(whole.hits);
  });
});
