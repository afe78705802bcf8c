import type { TreeHead } from "@leix/tlog";
import { beforeAll, describe, expect, it } from "vitest";
import { checkDisk } from "./check/check-store.ts";
import { createLedger, type TestLedger } from "./crash.testkit.ts";
import { PARTIAL_GRACE_LEAVES } from "./limits.ts";
import { codeOf, createTestLog, type TestLog } from "./log-key.testkit.ts";
import { createRecords } from "./records.testkit.ts";
import { listFiles, SimulatedDisk } from "./simulated-disk.testkit.ts";
import { openWriter } from "./writer.ts";

let log: TestLog;
let ledger: TestLedger;
beforeAll(async () => {
  log = await createTestLog();
  ledger = createLedger(310);
});

const slice = (begin: number, end: number) => ledger.records.slice(begin, end);

describe("what no crash explains is left for an operator", () => {
  const damage = async (break_: (disk: SimulatedDisk) => Promise<void>) => {
    const disk = new SimulatedDisk();
    const writer = await openWriter(disk, log.policy);
    await writer.append(slice(0, 300));
    await writer.publish(await log.sign(writer.head));
    await writer.append(slice(300, 310));
    await writer.close();
    await break_(disk);
    const files = await listFiles(disk);
    const code = await codeOf(openWriter(disk, log.policy));
    expect(await listFiles(disk)).toEqual(files.filter((file) => !file.startsWith("drafts/")));
    return code;
  };
  const cut = (path: string, size: number) => (disk: SimulatedDisk) => disk.truncate(path, size);
  const remove = (path: string) => (disk: SimulatedDisk) => disk.remove(path);

  it.each([
    [
      "a checkpoint of another tree",
      (disk: SimulatedDisk) => rewrite(disk, { size: 300, root: new Uint8Array(32) }),
    ],
    [
      "a checkpoint of a larger tree",
      (disk: SimulatedDisk) => rewrite(disk, { size: 400, root: new Uint8Array(32) }),
    ],
    ["a published record cut off", cut("record/001", 10_000)],
    ["a record cut off that has its entry", cut("record/001", 33_000)],
    ["no records", remove("record/001")],
    ["entries cut off", cut("tile/entries/001.p/54", 1_000)],
    ["leaf hashes cut off", cut("tile/0/001.p/44", 1_000)],
    ["no tile of the published tree", remove("tile/1/000.p/1")],
    ["another entry", (disk: SimulatedDisk) => flip(disk, "tile/entries/001.p/54", 20)],
    ["another record", (disk: SimulatedDisk) => flip(disk, "record/001", 20)],
  ])("%s", async (_, break_) => {
    expect(await damage(break_)).toBe("ledger/store-damaged");
  });

  async function rewrite(disk: SimulatedDisk, head: TreeHead): Promise<void> {
    await disk.remove("checkpoint");
    await disk.write("checkpoint", [await log.sign(head)], 0);
  }
  async function flip(disk: SimulatedDisk, path: string, at: number): Promise<void> {
    const bytes = disk.open(path);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
  }
});

describe("partial tiles", () => {
  it("go when the tree has grown well past the full one, or at the next opening after that", async () => {
    const disk = new SimulatedDisk();
    let writer = await openWriter(disk, log.policy);
    const grow = async (size: number) => {
      while (writer.head.size < size) {
        const end = Math.min(size, writer.head.size + 700);
        await writer.append(createRecords(writer.head.size, end));
      }
      await writer.publish(await log.sign(writer.head));
    };
    const partials = async () =>
      (await listFiles(disk, "tile")).filter((file) => /\/000\.p\/100$/.test(file));
    await grow(100);
    await grow(PARTIAL_GRACE_LEAVES + 255);
    expect(await partials()).toEqual(["tile/0/000.p/100", "tile/entries/000.p/100"]);
    const early = disk.copy();
    await grow(PARTIAL_GRACE_LEAVES + 256);
    expect(await partials()).toEqual([]);
    expect(await disk.list("tile/0/000.p")).toBeNull();
    await writer.close();
    expect((await checkDisk(disk, { ...log, records: "digests" })).findings).toEqual([]);

    // As if the process had ended right before it came to that.
    for (const path of ["tile/0/000.p", "tile/entries/000.p"]) {
      await disk.makeFolder(path);
      await disk.write(`${path}/100`, [early.open(`${path}/100`)], 0);
    }
    writer = await openWriter(disk, log.policy);
    expect(await partials()).toEqual([]);
    await writer.close();
    expect((await checkDisk(disk, { ...log, records: "digests" })).findings).toEqual([]);
  }, 60_000);
});
