import { beforeAll, describe, expect, it } from "vitest";
import { codeOf, createTestLog, type TestLog } from "./log-key.testkit.ts";
import { createLogPolicy, readNote } from "./published.ts";

const head = { size: 7, root: new Uint8Array(32).fill(1) };
let first: TestLog;
let second: TestLog;
beforeAll(async () => {
  [first, second] = [await createTestLog(1), await createTestLog(2)];
});

describe("a store whose log has more than one key", () => {
  it("believes each of those that are named for a checkpoint, by what it claims", async () => {
    const claimed: number[] = [];
    const policy = await createLogPolicy(async ({ size }) => {
      claimed.push(size);
      return size < 10 ? [first.log, second.log] : [second.log];
    });
    expect((await readNote(await first.sign(head), policy)).size).toBe(7);
    expect((await readNote(await second.sign(head), policy)).size).toBe(7);
    expect((await readNote(await second.sign({ ...head, size: 10 }), policy)).size).toBe(10);
    expect(await codeOf(readNote(await first.sign({ ...head, size: 10 }), policy))).toBe(
      "tlog/note-unsigned",
    );
    expect(claimed).toEqual([7, 7, 10, 10]);
  });

  it("believes nothing where no key is named, and no signature that only bears a name", async () => {
    const none = await createLogPolicy(async () => []);
    expect(await codeOf(readNote(await first.sign(head), none))).toBe("tlog/note-unsigned");
    const note = await first.sign(head);
    const forged = Buffer.from(Buffer.from(note).toString("latin1").replace("\n7\n", "\n8\n"), "latin1");
    const both = await createLogPolicy(async () => [first.log, second.log]);
    expect(await codeOf(readNote(forged, both))).toBe("tlog/signature-invalid");
  });
});
