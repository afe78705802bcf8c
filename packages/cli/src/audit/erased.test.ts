import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkStore, openLedgerWriter, writeSealedState } from "@leix/ledger-store";
import { LeixError, parseRecord } from "@leix/protocol";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { toRootText } from "./export.testkit.ts";
import { exportLedger } from "./export.ts";
import { openFileSource } from "./file-source.ts";
import { importLedger } from "./import.ts";
import { loadErasureOf } from "./repair-source.ts";
import { replayLedger } from "./replay.ts";
import { isSound, type Replay } from "./replay-result.ts";
import type { ReplaySource, SourceRecord } from "./replay-source.ts";
import { toReport } from "./report.ts";
import { createSealedLedger, type SealedLedger } from "./signed-ledger.testkit.ts";
import { openStoreSource } from "./store-source.ts";

vi.setConfig({ testTimeout: 60_000 });

let ledger: SealedLedger;
let root: string;
let whole: string;
let store: string;
let note: Uint8Array;
beforeAll(async () => {
  ledger = await createSealedLedger();
  root = await mkdtemp(join(tmpdir(), "leix-erased-"));
  [whole, store] = [join(root, "whole"), join(root, "store")];
  note = await ledger.sign(ledger.headAt(ledger.records.length));
  for (const folder of [whole, store]) {
    await using writer = await openLedgerWriter(folder, { log: ledger.vkey });
    await writer.append(ledger.records);
    await writer.publish(note);
    await writeSealedState(folder, { index: ledger.seal, tree: ledger.tree }, ledger.items);
  }
  await using writer = await openLedgerWriter(store, { log: ledger.vkey });
  await writer.eraseRecords(ledger.seal, 1_800_000_000);
}, 120_000);
afterAll(() => rm(root, { recursive: true, force: true }));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(root, "one-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const toTrust = () => ledger.world.trust;
const openErased = () => openStoreSource(store, toTrust());

/** The same source, of which a record is another one. */
function change(
  source: ReplaySource,
  to: (index: number, record: SourceRecord) => SourceRecord,
): ReplaySource {
  const records = async function* (begin = 0) {
    let index = begin;
    for await (const record of source.records(begin)) yield to(index++, record);
  };
  return { ...source, records };
}

function expectErased(replay: Replay): void {
  const { records, seal, erasable } = ledger;
  const size = records.length;
  expect(replay).toMatchObject({
    ...{ mismatches: 0, differences: [], broken: null, checked: size - erasable, erased: erasable },
    ...{ undecided: 0, sealed: seal, ledger: size, head: ledger.state.head.prev },
    tree: { size, root: toRootText(records), checkpoints: [{ size, isSame: true }] },
  });
  expect(isSound(replay)).toBe(true);
}

describe("a ledger whose first epoch is sealed and erased", () => {
  test("is valid, record erased; statements, and all from the seal on, are decided again", async () => {
    expect(ledger.erasable).toBeGreaterThan(3);
    const replay = await replayLedger(toTrust(), await openErased());
    expectErased(replay);
    const report = toReport(replay);
    expect(report).toContain(`erased       ${ledger.erasable} records: valid, record erased`);
    expect(report).toContain(`decided again from the seal on, record ${ledger.seal}`);
    expect(await checkStore(store, { log: ledger.vkey })).toMatchObject({
      findings: [],
      erased: ledger.erasable,
    });
  });

  test("as one file holds the sealed state: it is replayed from that alone", async () => {
    const out = join(folder, "erased.ndjson");
    await exportLedger(await openErased(), toTrust(), out);
    await using source = await openFileSource(out, toTrust());
    expectErased(await replayLedger(toTrust(), source));
    const text = await readFile(out, "latin1");
    const { sealed: _, ...bare } = source;
    const without = await replayLedger(toTrust(), bare);
    expect(without.differences).toMatchObject([{ index: ledger.seal, code: "ledger/record-erased" }]);
    expect(isSound(without)).toBe(false);
    const changed = join(folder, "changed.ndjson");
    const at = text.indexOf('"piece":"') + 400;
    await writeFile(
      changed,
      `${text.slice(0, at)}${text[at] === "A" ? "B" : "A"}${text.slice(at + 1)}`,
      "latin1",
    );
    await using other = await openFileSource(changed, toTrust());
    const broken = await replayLedger(toTrust(), other);
    expect(broken).toMatchObject({ broken: { index: ledger.seal, code: "ledger/seal-differs" } });
  });

  test("without a checkpoint proves nothing of what is erased", async () => {
    const { checkpoint: _, ...bare } = await openErased();
    const replay = await replayLedger(toTrust(), bare);
    expect([replay.mismatches, isSound(replay)]).toEqual([0, false]);
  });

  test("is decided from the state that the seal names, and no other", async () => {
    const source = await openErased();
    const items = ledger.items.filter((item) => item.kind === "statement" || item.part[1] !== "rejections");
    const sealed = async function* () {
      yield* items;
    };
    const replay = await replayLedger(toTrust(), { ...source, sealed: async () => sealed() });
    expect(replay.broken).toMatchObject({ index: ledger.seal, code: "ledger/seal-differs" });
  });

  test("says so of a message that is left among the erased, and tries its signatures", async () => {
    const before = ledger.records.slice(0, ledger.seal);
    const index = before.findLastIndex((record) => parseRecord(record).kind === "message");
    const bytes = ledger.records[index] ?? new Uint8Array();
    const left = change(await openErased(), (at, record) => (at === index ? { bytes } : record));
    const replay = await replayLedger(toTrust(), left);
    expect(replay).toMatchObject({ undecided: 1, erased: ledger.erasable - 1, mismatches: 0 });
    expect(isSound(replay)).toBe(true);
    const text = Buffer.from(bytes).toString("latin1");
    for (const part of ["decision", "message"]) {
      const end = text.indexOf(part === "message" ? '"' : "~", text.indexOf(`"${part}":"`) + part.length + 4);
      const other = text[end - 20] === "A" ? "B" : "A";
      const forged = Buffer.from(`${text.slice(0, end - 20)}${other}${text.slice(end - 19)}`, "latin1");
      const found = await replayLedger(
        toTrust(),
        change(await openErased(), (at, record) => (at === index ? { bytes: forged } : record)),
      );
      expect(found.differences[0], part).toMatchObject({ index, code: "jws/signature-invalid" });
    }
  });
});

describe("a record is missing", () => {
  const toErased = (record: SourceRecord, leaf: SourceRecord): SourceRecord => {
    return leaf.erased ? { bytes: new Uint8Array(), erased: leaf.erased } : record;
  };

  test("after the last seal: that is a difference, whoever says that it was erased", async () => {
    const index = ledger.records.length - 1;
    const { entry } = await (await openStoreSource(whole, toTrust())).reader.readRecord(index);
    const leaf = { bytes: new Uint8Array(), erased: entry.bytes };
    const found = await replayLedger(
      toTrust(),
      change(await openStoreSource(whole, toTrust()), (at, record) =>
        at === index ? toErased(record, leaf) : record,
      ),
    );
    expect(found.differences).toMatchObject([{ index, code: "ledger/record-erased" }]);
    expect(isSound(found)).toBe(false);
  });

  test("and is a statement, or the seal itself", async () => {
    const { reader } = await openStoreSource(whole, toTrust());
    for (const index of [5, ledger.seal]) {
      const { entry } = await reader.readRecord(index);
      const leaf = { bytes: new Uint8Array(), erased: entry.bytes };
      const found = await replayLedger(
        toTrust(),
        change(await openErased(), (at, record) => (at === index ? leaf : record)),
      );
      expect(found.broken).toMatchObject({ index, code: "ledger/record-erased" });
    }
  });
});

describe("an audit that goes on", () => {
  const resume = (source: ReplaySource) => {
    return replayLedger(toTrust(), source, { memoryFile: join(folder, "memory") });
  };
  const cut = (source: ReplaySource, total: number): ReplaySource => ({
    ...source,
    ...{ total, checkpoint: undefined },
    records: async function* (begin = 0) {
      let index = begin;
      for await (const record of source.records(begin)) {
        if (index++ >= total) return;
        yield record;
      }
    },
  });

  test("from before the seal, at it, and after it, when records were erased meanwhile", async () => {
    for (const total of [ledger.seal - 2, ledger.seal, ledger.seal + 2]) {
      await rm(join(folder, "memory"), { force: true });
      await resume(cut(await openStoreSource(whole, toTrust()), total));
      const replay = await resume(await openErased());
      expect([replay.resumed, replay.mismatches, isSound(replay)]).toEqual([total, 0, true]);
      expect(replay.tree.root).toBe(toRootText(ledger.records));
      expectSame(await resume(await openErased()), replay);
    }
  });

  test("refuses another leaf in the place of its last record, also of one that is erased", async () => {
    const total = ledger.seal - 1;
    await resume(cut(await openStoreSource(whole, toTrust()), total));
    const { reader } = await openErased();
    const { entry } = await reader.readRecord(total - 3);
    const other = { bytes: new Uint8Array(), erased: entry.bytes };
    const found = await resume(change(await openErased(), (at, one) => (at === total - 1 ? other : one)));
    expect(found.broken).toMatchObject({ code: "ledger/rolled-back" });
  });

  function expectSame(again: Replay, { durationMs: _, resumed: __, senders: ___, ...before }: Replay): void {
    expect(again).toMatchObject(before);
  }
});

test("a copy tells a repair when it was erased, where it is a store that says so", async () => {
  expect(await loadErasureOf(store)).toMatchObject({ seal: { index: ledger.seal }, at: 1_800_000_000 });
  expect(await loadErasureOf(whole)).toBeNull();
  await writeFile(join(folder, "erased"), "nothing that says so");
  expect(await loadErasureOf(folder)).toBeNull();
});

test("an erased ledger is not imported, and that is said", async () => {
  const code = await importLedger(await openErased(), toTrust(), join(folder, "new")).then(
    () => "imported",
    (error) => (error instanceof LeixError ? error.code : String(error)),
  );
  expect(code).toBe("ledger/record-erased");
});
