import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeUtf8, LeixError } from "@leix/protocol";
import { listConsistencyNodes, proveConsistency, toEmptyRoot, verifyConsistency } from "@leix/tlog";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { checkStore } from "./check/check-store.ts";
import { createLedger, type TestLedger } from "./crash.testkit.ts";
import { BATCH_RECORDS_MAX } from "./limits.ts";
import { codeOf, createTestLog, type TestLog } from "./log-key.testkit.ts";
import { countErasable, createRecord, createRecords } from "./records.testkit.ts";
import { SimulatedDisk } from "./simulated-disk.testkit.ts";
import { openLedgerWriter, openWriter } from "./writer.ts";

let log: TestLog;
let ledger: TestLedger;
let folder: string;
beforeAll(async () => {
  log = await createTestLog();
  ledger = createLedger(600);
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "leix-store-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const NOW = 1_800_000_000;
const slice = (begin: number, end: number) => ledger.records.slice(begin, end);
const headOf = (size: number) => ({ size, root: ledger.roots[size] });
const open = (path = folder) => openLedgerWriter(path, log);

describe("a store in a folder", () => {
  it("begins empty, grows, and is there again", async () => {
    const path = join(folder, "new", "store");
    const writer = await open(path);
    expect([writer.head, writer.published]).toEqual([{ size: 0, root: toEmptyRoot() }, null]);
    expect(await writer.append(slice(0, 300))).toEqual(headOf(300));
    expect((await writer.publish(await log.sign(writer.head))).size).toBe(300);
    expect(await writer.append(slice(300, 301))).toEqual(headOf(301));
    expect(await writer.append(slice(301, 600))).toEqual(headOf(600));
    await writer.close();
    await using again = await open(path);
    expect(again.head).toEqual(headOf(600));
    expect(again.published).toMatchObject(headOf(300));
  });

  it("has the files of tlog-tiles, records beside them, and is its owner's", async () => {
    await using writer = await open();
    await writer.append(slice(0, 300));
    await writer.append(slice(300, 310));
    await writer.publish(await log.sign(writer.head));
    const names = (await readdir(folder, { recursive: true, withFileTypes: true }))
      .filter((one) => one.isFile())
      .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1));
    expect(names.toSorted()).toEqual([
      "checkpoint",
      "format",
      "record/000",
      "record/001",
      "tile/0/000",
      "tile/0/001.p/44",
      "tile/0/001.p/54",
      "tile/1/000.p/1",
      "tile/entries/000",
      "tile/entries/001.p/44",
      "tile/entries/001.p/54",
      "writer.lock",
    ]);
    expect((await stat(join(folder, "record/000"))).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, "record"))).mode & 0o777).toBe(0o700);
  });

  it("is made only where nothing else is", async () => {
    await writeFile(join(folder, "letters.txt"), "mine");
    expect(await codeOf(open())).toBe("ledger/store-format");
    expect(await readdir(folder)).toEqual(expect.not.arrayContaining(["format", "tile"]));
    await rm(join(folder, "letters.txt"));
    await mkdir(join(folder, "drafts"));
    await writeFile(join(folder, "drafts/1"), "half a format");
    await (await open()).close();
    await writeFile(join(folder, "format"), '{"format":"leix-ledger-store","v":2}\n');
    expect(await codeOf(open())).toBe("ledger/store-format");
  });

  it("cannot be where a file is", async () => {
    await writeFile(join(folder, "file"), "");
    expect(await codeOf(open(join(folder, "file")))).toBe("ledger/store-failed");
  });
});

describe("the lock", () => {
  it("keeps a second writer out until the first closes, in one process", async () => {
    const first = await open();
    expect(await codeOf(open())).toBe("ledger/store-locked");
    await first.close();
    await first.close();
    await (await open()).close();
  });

  it("is free after an opening that failed", async () => {
    await (await open()).close();
    await writeFile(join(folder, "checkpoint"), "no note");
    expect(await codeOf(open())).toBe("ledger/checkpoint-invalid");
    await rm(join(folder, "checkpoint"));
    await (await open()).close();
  });

  it("is held by another process, and gone when that is killed", async () => {
    const lock = new URL("store-lock.ts", import.meta.url).href;
    const program = `
      const { lockStore } = await import(${JSON.stringify(lock)});
      globalThis.lock = lockStore(${JSON.stringify(folder)});
      console.log("locked");
      setInterval(() => {}, 1_000);
    `;
    const child = spawn(process.execPath, ["--input-type=module", "--eval", program], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(child.stdout, "data");
    expect(await codeOf(open())).toBe("ledger/store-locked");
    child.kill("SIGKILL");
    await once(child, "exit");
    await (await open()).close();
  }, 30_000);
});

describe("appending", () => {
  it("refuses what is no batch, and changes nothing", async () => {
    await using writer = await open();
    expect(await codeOf(writer.append([]))).toBe("ledger/batch");
    const one = slice(0, 1);
    expect(await codeOf(writer.append(new Array(BATCH_RECORDS_MAX + 1).fill(one[0])))).toBe("ledger/batch");
    const large = new Uint8Array(1_032_192);
    expect(await codeOf(writer.append(new Array(70).fill(large)))).toBe("ledger/batch");
    expect(await codeOf(writer.append([...one, encodeUtf8("{}")]))).toBe("record/malformed");
    expect(await codeOf(writer.append([new Uint8Array(1_032_193)]))).toBe("record/malformed");
    expect(writer.head.size).toBe(0);
    expect(await writer.append(slice(0, 5))).toEqual(headOf(5));
  });

  it("gives its heads in order, each when all before it is durable", async () => {
    const disk = new SimulatedDisk();
    const writer = await openWriter(disk, log.policy);
    const held = Promise.withResolvers<void>();
    const rename = disk.rename.bind(disk);
    disk.rename = async (from, to) => {
      if (to === "tile/0/000") await held.promise;
      return rename(from, to);
    };
    const order: number[] = [];
    const first = writer.append(slice(0, 256)).then(({ size }) => order.push(size));
    while (disk.writes < 20) await Promise.resolve();
    const second = writer.append(slice(256, 300)).then(({ size }) => order.push(size));
    // The second has written everything, and waits.
    for (let turn = 0; turn < 1_000; turn++) await Promise.resolve();
    expect([order, writer.head.size]).toEqual([[], 0]);
    held.resolve();
    await Promise.all([first, second]);
    expect(order).toEqual([256, 300]);
    await writer.close();
  });

  it("writes together what comes while others are written, up to a limit", async () => {
    await using writer = await open();
    const sizes = [slice(0, 10), slice(10, 11), slice(11, 300), slice(300, 600)].map(async (records) => {
      return (await writer.append(records)).size;
    });
    for (const begin of [600, 1_500]) {
      sizes.push(writer.append(createRecords(begin, begin + 900)).then(({ size }) => size));
    }
    expect(await Promise.all(sizes)).toEqual([1_500, 1_500, 1_500, 1_500, 1_500, 2_400]);
  });

  it("stops at a write that failed, and goes on when it is opened again", async () => {
    const disk = new SimulatedDisk();
    const writer = await openWriter(disk, log.policy);
    await writer.append(slice(0, 10));
    const write = disk.write.bind(disk);
    disk.write = () => Promise.reject(new LeixError("ledger/store-failed", "ENOSPC"));
    const appends = [writer.append(slice(10, 20)), writer.append(slice(20, 30))];
    expect(await Promise.all(appends.map(codeOf))).toEqual(["ledger/store-failed", "ledger/store-failed"]);
    disk.write = write;
    expect(await codeOf(writer.append(slice(10, 20)))).toBe("ledger/store-failed");
    expect(await codeOf(writer.publish(await log.sign(writer.head)))).toBe("ledger/store-failed");
    expect(await codeOf(writer.eraseRecords(5, 0))).toBe("ledger/store-failed");
    await writer.close();
    const again = await openWriter(disk, log.policy);
    expect(again.head).toEqual(headOf(10));
    expect(await again.append(slice(10, 20))).toEqual(headOf(20));
    await again.close();
    expect(await codeOf(again.append(slice(20, 30)))).toBe("ledger/store-failed");
  });

  it("is closed only when nothing is under way any more, also after a failure", async () => {
    const disk = new SimulatedDisk();
    const writer = await openWriter(disk, log.policy);
    const held = Promise.withResolvers<void>();
    const write = disk.write.bind(disk);
    let landed = false;
    disk.write = async (path, parts, at) => {
      if (path.startsWith("drafts/")) throw new LeixError("ledger/store-failed", "ENOSPC");
      await held.promise;
      await write(path, parts, at);
      landed = true;
    };
    const code = codeOf(writer.append(slice(0, 10)));
    const closed = writer.close().then(() => landed);
    for (let turn = 0; turn < 1_000; turn++) await Promise.resolve();
    expect(landed).toBe(false);
    held.resolve();
    expect([await closed, await code]).toEqual([true, "ledger/store-failed"]);
  });

  it("closes when what was given is done", async () => {
    const writer = await open();
    const appended = writer.append(slice(0, 300));
    await writer.close();
    expect(await appended).toEqual(headOf(300));
  });
});

describe("publishing", () => {
  it("takes a checkpoint of any head that was given, and no older one", async () => {
    await using writer = await open();
    for (const [begin, end] of [
      [0, 10],
      [10, 255],
      [255, 256],
      [256, 600],
    ] as const) {
      await writer.append(slice(begin, end));
    }
    for (const size of [0, 10, 255, 256, 600, 600]) {
      const root = ledger.roots[size] ?? new Uint8Array();
      expect(await writer.publish(await log.sign({ size, root }))).toMatchObject({ size });
      expect(writer.published).toMatchObject({ size, root });
    }
    const older = await log.sign({ size: 256, root: ledger.roots[256] ?? new Uint8Array() });
    expect(await codeOf(writer.publish(older))).toBe("ledger/checkpoint-older");
  });

  it("refuses what is not of this tree, or not durable", async () => {
    await using writer = await open();
    await writer.append(slice(0, 300));
    const publish = async (size: number, root = ledger.roots[size]) =>
      codeOf(writer.publish(await log.sign({ size, root: root ?? new Uint8Array(32) })));
    expect(await publish(301)).toBe("ledger/checkpoint-uncovered");
    expect(await publish(300, ledger.roots[299])).toBe("ledger/checkpoint-uncovered");
    expect(await publish(299)).toBe("ledger/checkpoint-uncovered");
    expect(await publish(290, ledger.roots[289])).toBe("ledger/checkpoint-uncovered");
    expect(writer.published).toBeNull();
    await publish(300);
    expect(writer.published?.size).toBe(300);
  });

  it("refuses what the log did not sign", async () => {
    await using writer = await open();
    await writer.append(slice(0, 3));
    const stranger = await createTestLog(2);
    expect(await codeOf(writer.publish(await stranger.sign(writer.head)))).toBe("ledger/checkpoint-invalid");
    expect(await codeOf(writer.publish(encodeUtf8("3\n")))).toBe("ledger/checkpoint-invalid");
  });

  it("goes on from what an earlier process was given", async () => {
    const writer = await open();
    const head = await writer.append(slice(0, 100));
    await writer.append(slice(100, 300));
    await writer.close();
    await using again = await open();
    expect(await again.publish(await log.sign(head))).toMatchObject({ size: 100 });
    const nodes = listConsistencyNodes(100, 300);
    const proof = proveConsistency(100, 300, await again.openReader().loadHashes(nodes));
    verifyConsistency(proof, head.root, again.head.root);
    const before = proveConsistency(
      50,
      100,
      await again.openReader().loadHashes(listConsistencyNodes(50, 100), head),
    );
    verifyConsistency(before, ledger.roots[50] ?? new Uint8Array(), head.root);
  });
});

describe("erasing", () => {
  it("takes the records and leaves the tree, and appending goes on", async () => {
    const writer = await open();
    await writer.append(slice(0, 290));
    expect(await codeOf(writer.eraseRecords(280, NOW))).toBe("ledger/seal-missing");
    await writer.publish(await log.sign(writer.head));
    expect(await codeOf(writer.eraseRecords(279, NOW))).toBe("ledger/seal-missing");
    const erased = writer.eraseRecords(280, NOW);
    expect(await writer.append(slice(290, 300))).toEqual(headOf(300));
    expect(await erased).toMatchObject({ seal: { index: 280 }, at: NOW, isDone: true });
    const kept = [3, 5, 100, 150].map((index) => createRecord(index).byteLength);
    expect((await stat(join(folder, "record/000"))).size).toBe(256 + kept.reduce((a, b) => a + b));
    expect(await writer.eraseRecords(100, NOW + 1)).toMatchObject({ seal: { index: 280 }, at: NOW });
    await writer.append(slice(300, 310));
    await writer.publish(await log.sign(writer.head));
    await writer.close();
    expect(await checkStore(folder, log)).toMatchObject({ findings: [], erased: countErasable(280) });
    await using again = await open();
    expect(again.head).toEqual(headOf(310));
  });
});
