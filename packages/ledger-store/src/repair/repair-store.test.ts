import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeUtf8, LeixError } from "@leix/protocol";
import { cosignCheckpoint, createSigner, encodeNote, encodeVerifierKey, parseNote } from "@leix/tlog";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { checkDisk } from "../check/check-store.ts";
import { loadErasure } from "../erasure-statement.ts";
import { codeOf, createTestLog } from "../log-key.testkit.ts";
import { encodeRecordEntry, toRecordDigest } from "../record-entry.ts";
import { countErasable, createRecords } from "../records.testkit.ts";
import { createRandom, listFiles, SimulatedDisk } from "../simulated-disk.testkit.ts";
import { createStore, type TestStore, toContents } from "../store.testkit.ts";
import { openLedgerWriter, openWriter } from "../writer.ts";
import { repairDisk, repairStore } from "./repair-store.ts";
import type { RepairSource } from "./resolution.ts";
import type { RepairOptions } from "./survey.ts";

let whole: TestStore;
let contents: Record<string, string>;
let source: RepairSource;
let disk: SimulatedDisk;
beforeAll(async () => {
  whole = await createStore([250, 12, 3, 5], true);
  contents = await toContents(whole.disk);
  const note = await whole.disk.read("checkpoint");
  source = { record: async (index) => whole.records[index] ?? null, checkpoint: async () => note };
});
beforeEach(() => {
  disk = whole.disk.copy();
});

const NOTHING: RepairSource = { record: async () => null };
const repair = (given = source, options: Partial<RepairOptions> = {}) =>
  repairDisk(disk, given, { log: whole.log.log, ...options });

async function flip(file: string, at: number): Promise<void> {
  const bytes = disk.open(file);
  bytes[at] = (bytes[at] ?? 0) ^ 4;
}
async function replace(file: string, bytes: Uint8Array): Promise<void> {
  await disk.remove(file);
  await disk.write(file, [bytes], 0);
}

/** Every file, every write: seconds on a busy machine. */
const PATIENT = { timeout: 120_000 };

describe("a store is restored to its very bytes", PATIENT, () => {
  it("and left alone where it is whole", async () => {
    const { actions, left } = await repair(NOTHING);
    expect([actions, left.findings]).toEqual([[], []]);
    expect(disk.writes).toBe(0);
  });

  it("whichever file is damaged, and says what it did", async () => {
    const did: Record<string, string> = {};
    for (const file of Object.keys(contents)) {
      disk = whole.disk.copy();
      await flip(file, Math.floor(disk.open(file).byteLength / 2));
      const { actions, left } = await repair();
      expect(left.findings).toEqual([]);
      expect(await toContents(disk)).toEqual(contents);
      expect(actions.map((action) => action.file)).toEqual([file]);
      did[file] = `${actions[0]?.did} ${actions[0]?.detail}`;
    }
    expect(did).toMatchObject({
      checkpoint: "restored-from-source of size 270",
      format: "made-again this layout",
      "record/001": "restored-from-source records 262",
      "tile/0/000": "made-again from the leaves below it",
      "tile/entries/001.p/14": "made-again from the leaves below it",
      "tile/1/000.p/1": "made-again from the leaves below it",
    });
  });

  it("but for a cosignature that is none any more: the others stay", async () => {
    const own = parseNote(disk.open("checkpoint"));
    const witnesses = await Promise.all(
      [2, 3].map(async (seed) => {
        return createSigner(
          `leix.example/witness/${seed}`,
          "cosignature/v1",
          (await createTestLog(seed)).key,
        );
      }),
    );
    const lines = await Promise.all(witnesses.map((one) => cosignCheckpoint(own.text, 1_790_000_000, one)));
    const [first, second] = lines;
    const cosigned = (...more: typeof lines) => {
      return encodeNote({ ...own, signatures: [...own.signatures, ...more] });
    };
    const options = { witnesses: witnesses.map(({ key }) => encodeVerifierKey(key)) };
    await replace("checkpoint", cosigned(...lines));
    expect((await repair(NOTHING, options)).actions).toEqual([]);
    const broken = cosigned(...lines);
    const at = Buffer.from(broken).indexOf(Buffer.from("witness/2 ")) + 40;
    broken[at] = (broken[at] ?? 0) ^ 1;
    await replace("checkpoint", broken);
    const { actions, left } = await repair(NOTHING, options);
    expect(actions).toMatchObject([{ file: "checkpoint", did: "made-again" }]);
    expect(left.findings).toEqual([]);
    expect(Buffer.from(disk.open("checkpoint"))).toEqual(Buffer.from(cosigned(...(second ? [second] : []))));
    // Where nobody says who they are, both are dropped, and the log's own line stays.
    await replace("checkpoint", cosigned(...(first ? [first] : [])));
    expect((await repair(NOTHING)).left.findings).toEqual([]);
    expect(Buffer.from(disk.open("checkpoint"))).toEqual(Buffer.from(encodeNote(own)));
  });

  it("whichever file is gone", async () => {
    const needed = Object.keys(contents).filter((file) => !/p\/(250|6|9)$/.test(file));
    expect(needed.length).toBeGreaterThan(8);
    for (const file of needed) {
      disk = whole.disk.copy();
      await disk.remove(file);
      const { actions, left } = await repair();
      expect(left.findings).toEqual([]);
      expect((await toContents(disk))[file]).toBe(contents[file]);
      expect(actions.map((action) => action.file)).toEqual([file]);
    }
  });

  it("from the checkpoint and the source alone", async () => {
    disk = new SimulatedDisk();
    await disk.write("checkpoint", [(await whole.disk.read("checkpoint")) ?? new Uint8Array()], 0);
    const { left } = await repair();
    expect(left).toMatchObject({ size: 270, published: 270, findings: [] });
    expect(await toContents(disk)).toMatchObject({ "record/000": contents["record/000"] });
    const writer = await openWriter(disk, whole.log.policy);
    expect(writer.head.size).toBe(270);
    await writer.close();
  });

  it("after any damage to many files at once", async () => {
    for (let seed = 0; seed < 25; seed++) {
      const random = createRandom(seed);
      disk = whole.disk.copy();
      for (const file of await listFiles(disk)) {
        const what = random();
        const bytes = disk.open(file);
        if (what < 0.2) await disk.remove(file);
        else if (what < 0.3) await disk.truncate(file, Math.floor(random() * bytes.byteLength));
        else if (what < 0.6)
          for (let n = 0; n < 5; n++) await flip(file, Math.floor(random() * bytes.byteLength));
      }
      const { left } = await repair();
      expect(left, `seed ${seed}`).toMatchObject({ size: 270, published: 270, findings: [] });
    }
  });

  it("after a crash at any of its own writes", async () => {
    const break_ = async (one: SimulatedDisk): Promise<void> => {
      await one.remove("tile/entries/001");
      await one.truncate("record/000", 1_000);
      await one.remove("checkpoint");
    };
    await break_(disk);
    const before = disk.writes;
    await repair();
    const writes = disk.writes - before;
    expect(writes).toBeGreaterThan(10);
    for (let faultAt = 0; faultAt < writes; faultAt++) {
      disk = whole.disk.copy();
      await break_(disk);
      disk = disk.copy({ seed: faultAt, faultAt });
      expect(await codeOf(repair())).toBe("ledger/store-failed");
      disk = disk.loseUnsynced();
      expect((await repair()).left.findings).toEqual([]);
    }
  });
});

describe("what was erased in time", PATIENT, () => {
  const gone = { findings: [], erased: countErasable(260) };
  const entryOf = async (index: number) => encodeRecordEntry(whole.records[index] ?? new Uint8Array());
  let erased: Record<string, string>;
  beforeEach(async () => {
    const writer = await openWriter(disk, whole.log.policy);
    await writer.eraseRecords(260, 0);
    await writer.close();
    erased = await toContents(disk);
  });

  it("stays erased, also where it is there again; what was not comes back", async () => {
    await flip("tile/entries/000", 100);
    await flip("record/001", 4_000);
    await flip("record/000", 100);
    const { left } = await repair(source);
    expect(left).toMatchObject(gone);
    expect(await toContents(disk)).toEqual(erased);
    const before = Buffer.from(contents["record/000"] ?? "", "latin1");
    await disk.truncate("record/000", 0);
    await disk.write("record/000", [before], 0);
    expect((await repair(NOTHING)).left).toMatchObject(gone);
    expect(await toContents(disk)).toEqual(erased);
  });

  it("is erased still where the file that says so is damaged, and is made again", async () => {
    await flip("erased", 60);
    const { actions, left } = await repair(NOTHING);
    expect(left).toMatchObject(gone);
    expect(actions).toMatchObject([{ file: "erased", did: "made-again" }]);
    await (await openWriter(disk, whole.log.policy)).close();
    expect(await loadErasure(disk)).toMatchObject({ seal: { index: 260 }, at: null, isDone: true });
  });

  it("keeps the time at which that was wanted, where the copy has erased up to the same seal", async () => {
    const own = await loadErasure(disk);
    const digest = own?.seal.digest ?? toRecordDigest(new Uint8Array());
    const other = { seal: { index: 150, digest }, at: 7, isDone: true };
    for (const [told, at] of [
      [other, null],
      [{ ...other, seal: { index: 260, digest } }, 7],
    ] as const) {
      await flip("erased", 60);
      await repair({ ...NOTHING, erasure: async () => told });
      expect(await loadErasure(disk)).toMatchObject({ seal: { index: 260 }, at });
    }
  });

  it("comes back where nothing says any more that it was, if somebody has it", async () => {
    await disk.remove("erased");
    expect(await codeOf(repair(NOTHING))).toBe("ledger/unrepairable");
    await repair();
    expect(await toContents(disk)).toEqual(contents);
  });

  it("has its entries restored from another store that has erased it too", async () => {
    const other: RepairSource = { record: async () => null, entry: entryOf };
    for (const at of [0, 100, 5_000]) {
      await flip("tile/entries/000", at);
      expect((await repair(other)).left).toMatchObject(gone);
      expect(await toContents(disk)).toEqual(erased);
    }
    await flip("tile/entries/000", 100);
    expect(await codeOf(repair(NOTHING))).toBe("ledger/unrepairable");
    const wrong = { ...NOTHING, entry: (index: number) => entryOf(index + 1) };
    expect(await codeOf(repair(wrong))).toBe("ledger/source-differs");
  });

  it("is erased again where its file is lost; statements and seals come from the source", async () => {
    await disk.remove("record/000");
    expect(await codeOf(repair(NOTHING))).toBe("ledger/unrepairable");
    const { actions, left } = await repair();
    expect(left).toMatchObject(gone);
    expect(actions).toEqual([
      {
        file: "record/000",
        did: "restored-from-source",
        detail: expect.stringContaining("records 3, 5, 100, 150; erased, as their epoch is: 0 to 2, 4"),
      },
    ]);
    expect(await toContents(disk)).toEqual(erased);
  });
});

describe("what no store of its size has", PATIENT, () => {
  it("is removed where it has the store's names, and stays where it has others", async () => {
    await disk.write("tile/0/002", [encodeUtf8("x")], 0);
    await disk.write("record/001", [encodeUtf8("half a record")], disk.open("record/001").byteLength);
    await disk.write("notes.txt", [encodeUtf8("mine")], 0);
    await disk.makeFolder("drafts");
    await disk.write("drafts/9", [encodeUtf8("x")], 0);
    const { actions, left } = await repair();
    expect(actions.map(({ file, did }) => `${did} ${file}`)).toEqual([
      "made-again record/001",
      "removed tile/0/002",
    ]);
    expect(left.findings.map(({ code, file }) => `${code} ${file}`)).toEqual(["ledger/file-stray notes.txt"]);
    await disk.remove("notes.txt");
    expect(await toContents(disk)).toEqual(contents);
  });

  it("is what nobody has any more past the checkpoint, and nothing before it", async () => {
    const store = await createStore([250, 12, 3, 5]);
    disk = store.disk;
    const lines = Buffer.from(disk.open("record/001")).toString("latin1").split("\n");
    await replace("record/001", encodeUtf8(lines.with(11, "lost").join("\n")));
    const { actions, left } = await repair(NOTHING);
    expect(left).toMatchObject({ size: 267, published: 265, findings: [] });
    expect(actions.map(({ file, did }) => `${did} ${file}`)).toEqual([
      "made-again record/001",
      "made-again tile/entries/001.p/11",
      "made-again tile/0/001.p/11",
      "removed tile/0/001.p/14",
      "removed tile/entries/001.p/14",
    ]);
    await replace("record/001", encodeUtf8(lines.with(3, "lost").join("\n")));
    expect(await codeOf(repair(NOTHING))).toBe("ledger/unrepairable");
  });
});

describe("a repair is refused, and nothing is written,", PATIENT, () => {
  const refuse = async (given: RepairSource): Promise<string> => {
    const [before, writes] = [await toContents(disk), disk.writes];
    const code = await codeOf(repair(given));
    expect(await toContents(disk)).toEqual(before);
    expect(disk.writes).toBe(writes);
    return code;
  };

  it("where the source has not what is needed", async () => {
    await flip("record/000", 100);
    expect(await refuse(NOTHING)).toBe("ledger/unrepairable");
  });

  it("where the source has another record, or none that is one", async () => {
    await flip("record/000", 100);
    const [other = new Uint8Array()] = createRecords(0, 1, "other");
    expect(await refuse({ record: async () => other })).toBe("ledger/source-differs");
    expect(await refuse({ record: async () => encodeUtf8("{}") })).toBe("ledger/source-differs");
  });

  it("where the source has another history, and nothing here tells", async () => {
    const others = createRecords(0, 256, "other");
    for (const file of ["record/000", "tile/entries/000", "tile/0/000"]) await disk.remove(file);
    const record = async (index: number) => others[index] ?? null;
    expect(await refuse({ record })).toBe("ledger/unrepairable");
  });

  it("where the source's checkpoint is not signed by the log, or of another tree", async () => {
    await disk.remove("checkpoint");
    const stranger = await createTestLog(2);
    const [forged, forked] = await Promise.all(
      [stranger, whole.log].map((log) => log.sign({ size: 270, root: new Uint8Array(32) })),
    );
    expect(await refuse({ ...source, checkpoint: async () => forged ?? null })).toBe("ledger/source-differs");
    expect(await refuse({ ...source, checkpoint: async () => forked ?? null })).toBe("ledger/unrepairable");
  });

  it("where nothing is signed and the files disagree", async () => {
    await disk.remove("checkpoint");
    await flip("tile/0/001.p/14", 5);
    expect((await repair(NOTHING)).left.findings.map(({ code }) => code)).toEqual(["ledger/unpublished"]);
    await flip("tile/0/001.p/14", 5);
    await flip("record/001", 5);
    expect(await refuse(NOTHING)).toBe("ledger/unrepairable");
  });
});

it("a file that the disk cannot read is replaced", async () => {
  const read = disk.read.bind(disk);
  let isBad = true;
  disk.read = (path, ...range) =>
    isBad && path === "record/001"
      ? Promise.reject(new LeixError("ledger/store-failed", "EIO"))
      : read(path, ...range);
  const rename = disk.rename.bind(disk);
  disk.rename = (from, to) => {
    if (to === "record/001") isBad = false;
    return rename(from, to);
  };
  expect((await checkDisk(disk, whole.log)).findings[0]).toMatchObject({ code: "ledger/store-failed" });
  expect((await repair()).left.findings).toEqual([]);
  expect(await toContents(disk)).toEqual(contents);
});

it("on a real disk, one copy is restored from another", async () => {
  const root = await mkdtemp(join(tmpdir(), "leix-repair-"));
  try {
    const { log, records } = whole;
    const [good, bad] = [join(root, "good"), join(root, "bad")];
    const writer = await openLedgerWriter(good, log);
    await writer.append(records);
    await writer.publish(await log.sign(writer.head));
    await writer.close();
    await cp(good, bad, { recursive: true });
    await rm(join(bad, "tile"), { recursive: true });
    await writeFile(join(bad, "record/000"), "gone");
    const again = await openLedgerWriter(good, log);
    expect(await codeOf(repairStore(good, source, log))).toBe("ledger/store-locked");
    await again.close();
    const { left } = await repairStore(bad, source, log);
    expect(left).toMatchObject({ size: 270, findings: [] });
    for (const file of ["tile/0/001.p/14", "tile/entries/000", "record/000", "tile/1/000.p/1"]) {
      expect(await readFile(join(bad, file))).toEqual(await readFile(join(good, file)));
    }
  } finally {
    await rm(root, { recursive: true, force: true });
  }
});
