import { hashTree } from "@leix/tlog";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { encodeRecordEntry, hashEntry } from "../record-entry.ts";
import type { SimulatedDisk } from "../simulated-disk.testkit.ts";
import { createStore, type TestStore, toContents } from "../store.testkit.ts";
import { repairDisk } from "./repair-store.ts";

const SIZE = 270;
let whole: TestStore;
let disk: SimulatedDisk;
beforeAll(async () => {
  whole = await createStore([250, 12, 3, 5], true);
});
beforeEach(() => {
  disk = whole.disk.copy();
});

/** From a copy that has every record, and the log's checkpoint over the first of them. */
async function repair(covered: number) {
  const leaves = whole.records.slice(0, covered).map((record) => hashEntry(encodeRecordEntry(record)));
  const note = await whole.log.sign({ size: covered, root: hashTree(leaves) });
  const source = {
    record: async (index: number) => whole.records[index] ?? null,
    checkpoint: async () => note,
  };
  return repairDisk(disk, source, { log: whole.log.log });
}

function flip(file: string, at: number): void {
  const bytes = disk.open(file);
  bytes[at] = (bytes[at] ?? 0) ^ 4;
}

describe("a copy with an older checkpoint", () => {
  it("gives none to a store whose own the log has signed", async () => {
    flip("record/000", 100);
    const { actions, left } = await repair(101);
    expect(actions.map(({ file }) => file)).toEqual(["record/000"]);
    expect(left).toMatchObject({ published: SIZE, findings: [] });
    expect(await toContents(disk)).toEqual(await toContents(whole.disk));
  });

  it.each([
    [101, "of size 101; 169 records after it are under no checkpoint until the next one"],
    [269, "of size 269; 1 record after it is under no checkpoint until the next one"],
    [SIZE, "of size 270"],
  ])("of %i says what it leaves out, where the store's own is lost", async (covered, detail) => {
    flip("checkpoint", 5);
    const { actions, left } = await repair(covered);
    expect(actions).toEqual([{ file: "checkpoint", did: "restored-from-source", detail }]);
    expect(left).toMatchObject({ size: SIZE, published: covered, findings: [] });
  });
});
