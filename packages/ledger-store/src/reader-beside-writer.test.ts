import { encodeUtf8, toDigest } from "@leix/protocol";
import { encodeNote, parseNote, signNote } from "@leix/tlog";
import { beforeAll, describe, expect, it } from "vitest";
import { createLedger, type TestLedger } from "./crash.testkit.ts";
import { codeOf, createTestLog, type TestLog } from "./log-key.testkit.ts";
import { openReader } from "./reader.ts";
import { listFiles, SimulatedDisk } from "./simulated-disk.testkit.ts";
import { openWriter } from "./writer.ts";

let log: TestLog;
let ledger: TestLedger;
beforeAll(async () => {
  log = await createTestLog();
  ledger = createLedger(700);
});

describe("a reader beside a writer", () => {
  const openBoth = async () => {
    const disk = new SimulatedDisk();
    const one = await openWriter(disk, log.policy);
    await one.append(ledger.records.slice(0, 250));
    await one.publish(await log.sign(one.head));
    return { disk, one, beside: await openReader(disk, log.policy) };
  };
  const put = async (disk: SimulatedDisk, note: Uint8Array) => {
    await disk.remove("checkpoint");
    await disk.write("checkpoint", [note], 0);
  };

  it("is there at each newer checkpoint, and the same while there is none", async () => {
    const { one, beside } = await openBoth();
    expect(await beside.latest()).toBe(beside);
    for (const [begin, end] of [
      [250, 251],
      [251, 300],
      [300, 700],
    ] as const) {
      await one.append(ledger.records.slice(begin, end));
      const before = await beside.latest();
      expect(before.head.size).toBe(begin === 250 ? 250 : begin);
      await one.publish(await log.sign(one.head));
      const newest = await before.latest();
      expect(newest.head).toMatchObject({ size: end, root: ledger.roots[end] });
      expect(await newest.latest()).toBe(newest);
      expect((await newest.readRecord(end - 1)).entry.index).toBe(end - 1);
    }
    expect((await beside.latest()).head.size).toBe(700);
  });

  it("sees more signatures of the same tree", async () => {
    const { one, beside } = await openBoth();
    const note = parseNote(beside.head.note);
    const stranger = await createTestLog(2);
    const more = [...note.signatures, await signNote(note.text, stranger.signer)];
    await one.publish(encodeNote({ text: note.text, signatures: more }));
    const newest = await beside.latest();
    expect([newest.head.size, newest.head.note.byteLength > beside.head.note.byteLength]).toEqual([
      250,
      true,
    ]);
  });

  it("takes no checkpoint whose tree does not begin with its own", async () => {
    const { disk, one, beside } = await openBoth();
    await put(disk, await log.sign({ size: 250, root: new Uint8Array(32) }));
    expect(await codeOf(beside.latest())).toBe("ledger/store-damaged");
    await put(disk, await log.sign({ size: 100, root: ledger.roots[100] ?? new Uint8Array() }));
    expect(await codeOf(beside.latest())).toBe("ledger/store-damaged");
    await disk.remove("checkpoint");
    expect(await codeOf(beside.latest())).toBe("ledger/store-damaged");
    await disk.write("checkpoint", [encodeUtf8("no note")], 0);
    expect(await codeOf(beside.latest())).toBe("ledger/checkpoint-invalid");
    const other = new SimulatedDisk();
    const fork = await openWriter(other, log.policy);
    await fork.append(createLedger(252, "other").records);
    await fork.publish(await log.sign(fork.head));
    for (const file of await listFiles(other)) {
      await disk.remove(file);
      await disk.write(file, [other.open(file)], 0);
    }
    expect(await codeOf(beside.latest())).toBe("ledger/store-damaged");
    await one.close();
  });

  it("goes on reading while records are erased", async () => {
    const { one, beside } = await openBoth();
    const seen: (string | null)[] = [];
    for await (const { index, record } of beside.records()) {
      if (index === 20) await one.eraseRecords(100, 0);
      seen.push(record && toDigest(record));
    }
    const whole = ledger.records.slice(0, 250).map((record) => toDigest(record));
    expect(seen.map((digest, index) => digest ?? whole[index])).toEqual(whole);
    expect((await beside.readRecord(99)).record).toBeNull();
    expect((await beside.readRecord(100)).record).not.toBeNull();
  });

  it("of the writer's own sees what is durable and not published", async () => {
    const { one } = await openBoth();
    const before = one.openReader();
    await one.append(ledger.records.slice(250, 300));
    expect([before.head.size, one.openReader().head.size]).toEqual([250, 300]);
    const { record } = await one.openReader().readRecord(299);
    expect(Buffer.from(record ?? [])).toEqual(Buffer.from(ledger.records[299] ?? []));
    expect(await codeOf(before.readRecord(250))).toBe("tlog/size");
  });
});
