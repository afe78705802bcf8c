import { mkdtemp, open, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkStore, repairStore } from "@leix/ledger-store";
import { LeixError, parseRecord } from "@leix/protocol";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { listCheckpoints } from "../evidence/checkpoint-choice.ts";
import { toRootText } from "./export.testkit.ts";
import { exportLedger } from "./export.ts";
import { openFileSource } from "./file-source.ts";
import { importLedger } from "./import.ts";
import { createRepairSource } from "./repair-source.ts";
import { replayLedger } from "./replay.ts";
import { isSound, toVerdict } from "./replay-result.ts";
import { toReport } from "./report.ts";
import { createSignedLedger, writeSignedExport } from "./signed-ledger.testkit.ts";
import { findCopyLog, findStoreLog } from "./store-log.ts";
import { openStoreSource } from "./store-source.ts";
import { verifyHeads } from "./tree-of-source.ts";

const ledger = await createSignedLedger();
const { records, vkey } = ledger;
const { trust } = ledger.world;
const size = records.length;
const newest = await ledger.sign(ledger.headAt(size));

let folder: string;
let file: string;
let store: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "leix-store-"));
  [file, store] = [join(folder, "ledger.ndjson"), join(folder, "store")];
  await writeSignedExport(file, ledger, newest);
  await using source = await openFileSource(file, trust);
  expect(await importLedger(source, trust, store)).toMatchObject({ written: size });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => "sound",
    (error) => (error instanceof LeixError ? error.code : String(error)),
  );
}

describe("a ledger as a file with its checkpoint, and as a store", () => {
  test("is the same ledger: replayed, the root is the checkpoint's; exported again, every byte", async () => {
    const replay = await replayLedger(trust, await openStoreSource(store, trust));
    const tree = { size, root: toRootText(records), checkpoints: [{ size, isSame: true }] };
    expect(replay).toMatchObject({ checked: size, mismatches: 0, tree });
    expect([isSound(replay), toReport(replay).includes("the same as the checkpoint's")]).toEqual([
      true,
      true,
    ]);
    const again = join(folder, "again.ndjson");
    await exportLedger(await openStoreSource(store, trust), trust, again);
    expect(await readFile(again)).toEqual(await readFile(file));
  });

  test("with a checkpoint of fewer records: the root at its size is compared", async () => {
    const older = await ledger.sign(ledger.headAt(9));
    await using source = await openFileSource(file, trust);
    const replay = await replayLedger(trust, source, { checkpoints: [older] });
    const compared = [size, 9].map((one) => ({ size: one, isSame: true }));
    expect(replay).toMatchObject({ mismatches: 0, tree: { checkpoints: compared } });
    expect(toReport(replay)).toContain("extends the checkpoint's of 9 records");
  });

  test("whose last records are under no checkpoint may go on after them", async () => {
    await writeSignedExport(file, ledger, await ledger.sign(ledger.headAt(size - 2)));
    await using source = await openFileSource(file, trust);
    const replay = await replayLedger(trust, source);
    expect([isSound(replay), toVerdict(replay)]).toEqual([true, "end-unproven"]);
    expect(toReport(replay)).toContain("the last 2 records are under no checkpoint yet");
    expect(toVerdict(await replayLedger(trust, source, { checkpoints: [newest] }))).toBe("sound");
    const { checkpoint: _, ...bare } = source;
    expect(toVerdict(await replayLedger(trust, bare))).toBe("end-unproven");
  });

  test("that ends before its log's new key is short of records, not signed by a stranger", async () => {
    const note = await ledger.sign({ ...ledger.headAt(size), size: size + 9 }, "MK");
    await using source = await openFileSource(file, trust);
    const replay = await replayLedger(trust, source, { checkpoints: [note] });
    const detail = `only ${size} of ${size + 9} records are here`;
    expect(replay.differences).toMatchObject([
      { about: "checkpoint", code: "audit/records-missing", detail },
    ]);
  });

  test("carries what its witnesses have cosigned, from the store on", async () => {
    const cosigned = await ledger.sign(ledger.headAt(9));
    await writeFile(join(folder, "cosigned"), cosigned);
    const copy = join(folder, "copy.ndjson");
    await exportLedger(await openStoreSource(store, trust), trust, copy);
    await using source = await openFileSource(copy, trust);
    expect(source.cosigned && Buffer.compare(source.cosigned, cosigned)).toBe(0);
    expect(listCheckpoints(source, undefined).map(({ why }) => why)).toEqual(["cosigned", "newest"]);
    expect(listCheckpoints(source, "named")).toEqual([{ note: "named", why: "named" }]);
    const compared = [size, 9].map((one) => ({ size: one, isSame: true, cosigned: { quorum: 0 } }));
    expect((await replayLedger(trust, source)).tree.checkpoints).toMatchObject(compared);
    for (const damaged of [cosigned.with(20, 0xff), Buffer.from(`a\n\n${"— a AAAAAAAA\n".repeat(6_000)}`)]) {
      await writeFile(join(folder, "cosigned"), damaged);
      const opened = await openStoreSource(store, trust);
      expect((await replayLedger(trust, opened)).differences).toMatchObject([{ code: "tlog/note" }]);
      await exportLedger(opened, trust, copy);
      await using without = await openFileSource(copy, trust);
      expect([without.total, without.cosigned]).toEqual([size, undefined]);
    }
  });

  test("with one of another tree, of more records, another key, or none: each is a difference", async () => {
    const { root } = ledger.headAt(8);
    const cases = [
      [await ledger.sign({ size: 9, root }), "ledger/root-differs"],
      [await ledger.sign({ size: size + 1, root }), "audit/records-missing"],
      [await ledger.sign(ledger.headAt(9), "spare"), "tlog/note-unsigned"],
      [newest.with(-5, newest.at(-5) === 0x41 ? 0x42 : 0x41), "tlog/signature-invalid"],
      [Buffer.from("no note"), "tlog/note"],
    ] as const;
    for (const [note, code] of cases) {
      await using source = await openFileSource(file, trust);
      const replay = await replayLedger(trust, source, { checkpoints: [note] });
      expect(replay).toMatchObject({ checked: size, mismatches: 1, differences: [{ index: null, code }] });
      expect(isSound(replay)).toBe(false);
    }
    // A file may be an old one; what is read as it is now was rolled back.
    const larger = await ledger.sign({ size: size + 1, root });
    const now = await replayLedger(trust, await openStoreSource(store, trust), { checkpoints: [larger] });
    expect(now.differences).toMatchObject([{ index: null, code: "ledger/rolled-back" }]);
  });

  test("is imported only where all of it is sound, has a checkpoint, and the folder is free", async () => {
    const other = join(folder, "other");
    await using whole = await openFileSource(file, trust);
    expect(await codeOf(importLedger(whole, trust, store))).toBe("ledger/store-format");
    const { checkpoint: _, ...bare } = whole;
    expect(await codeOf(importLedger(bare, trust, other))).toBe("ledger/unpublished");
    await writeSignedExport(file, { ...ledger, records: records.toSpliced(5, 1) }, newest);
    await using cut = await openFileSource(file, trust);
    expect(await importLedger(cut, trust, other)).toMatchObject({ written: 0, replay: { checked: 5 } });
    expect(await readdir(folder)).not.toContain("other");
  });
});

describe("a damaged store", () => {
  async function flip(path: string, at: number): Promise<void> {
    await using handle = await open(path, "r+");
    const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, at);
    await handle.write(Uint8Array.of(buffer.readUInt8(0) ^ 1), 0, 1, at);
  }

  test("a replay names the record that is damaged", async () => {
    const path = join(store, "record", "000");
    await flip(path, (await stat(path)).size - 200);
    const replay = await replayLedger(trust, await openStoreSource(store, trust));
    expect(replay).toMatchObject({ broken: { index: size - 1, code: "ledger/store-damaged" } });
  });

  test("every file: the log's key is found, the byte is named, and repaired from another copy", async () => {
    const files = ["checkpoint", "record/000", `tile/0/000.p/${size}`, `tile/entries/000.p/${size}`];
    for (const path of files) {
      const before = await readFile(join(store, path));
      await flip(join(store, path), Math.floor(before.byteLength / 2));
      const log = await findStoreLog("/nowhere", store, trust, undefined);
      expect(log).toBe(vkey);
      const { findings } = await checkStore(store, { log });
      expect(findings.length).toBeGreaterThan(0);
      expect(findings.every((one) => one.file === path)).toBe(true);
      await using source = await openFileSource(file, trust);
      await using other = createRepairSource(source);
      const { actions, left } = await repairStore(store, other, { log });
      expect([actions.length > 0, left.findings]).toEqual([true, []]);
      expect(await readFile(join(store, path))).toEqual(before);
    }
  });

  test("whose record that says who signs it is damaged is repaired by what the other copy says", async () => {
    const bringsKey = records.findIndex((bytes) => {
      const record = parseRecord(bytes);
      return record.kind === "statement" && record.statement.subject === "ledger";
    });
    for (const index of [0, bringsKey]) {
      const before = await readFile(join(store, "record", "000"));
      await flip(join(store, "record", "000"), before.indexOf(records[index] ?? "") + 300);
      await using source = await openFileSource(file, trust);
      await using other = createRepairSource(source);
      const log = await findStoreLog("/nowhere", store, trust, undefined, () => findCopyLog(other, trust));
      expect(log).toBe(vkey);
      const { left } = await repairStore(store, other, { log });
      expect(left.findings).toEqual([]);
      expect(await readFile(join(store, "record", "000"))).toEqual(before);
    }
  });

  test("is not judged by a copy that is cut off, however much its checkpoint says to cover", async () => {
    for (const covered of [size + 1, 2 ** 50]) {
      await writeSignedExport(file, ledger, await ledger.sign({ ...ledger.headAt(size), size: covered }));
      await using source = await openFileSource(file, trust);
      await using other = createRepairSource(source);
      expect(await findCopyLog(other, trust)).toBeUndefined();
    }
  });

  test("whose first record is gone says who signs it only to who knows the network", async () => {
    await flip(join(store, "record", "000"), 300);
    expect(await codeOf(findStoreLog("/nowhere", store, trust, undefined))).toBe("ledger/checkpoint-invalid");
    expect(await findStoreLog("/nowhere", store, trust, vkey)).toBe(vkey);
  });
});

describe("heads of one tree", () => {
  test("are proven from a store's tiles, and from a file's records alike", async () => {
    const proving = await openStoreSource(store, trust);
    await using bare = await openFileSource(file, trust);
    for (const source of [proving, bare]) {
      for (const [older, newer] of [
        [0, 0],
        [1, size],
        [9, 10],
        [size, size],
      ] as const) {
        await verifyHeads(source, ledger.headAt(older), ledger.headAt(newer));
      }
      const other = { size: 9, root: ledger.headAt(8).root };
      const [theirs, ours] = [other.root, ledger.headAt(9).root].map((root) => toBase64(root));
      const refused = verifyHeads(source, other, ledger.headAt(size));
      await expect(refused).rejects.toMatchObject({
        code: "ledger/root-differs",
        detail: `the checkpoint of 9 records signs the root ${theirs}, those of the ledger have ${ours}`,
      });
      expect(await codeOf(verifyHeads(source, ledger.headAt(8), other))).not.toBe("sound");
      const beyond = { size: size + 1, root: other.root };
      expect(await codeOf(verifyHeads(source, ledger.headAt(9), beyond))).toBe("audit/records-missing");
      // Of what is here, another history is told all the same.
      expect(await codeOf(verifyHeads(source, other, beyond))).toBe("ledger/root-differs");
      expect(await codeOf(verifyHeads(source, ledger.headAt(9), ledger.headAt(8)))).toBe("tlog/size");
    }
  });
});
