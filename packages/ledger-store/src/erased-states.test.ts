import { encodeUtf8 } from "@leix/protocol";
import { beforeAll, describe, expect, it } from "vitest";
import { checkDisk } from "./check/check-store.ts";
import { loadErasure } from "./erasure-statement.ts";
import { repairDisk } from "./repair/repair-store.ts";
import { encodeSealed } from "./sealed-format.ts";
import { listSealedOn } from "./sealed-state.ts";
import type { SimulatedDisk } from "./simulated-disk.testkit.ts";
import { createStore, type TestStore } from "./store.testkit.ts";
import { salvageTile } from "./tile-files.ts";
import { loadEdge } from "./tree-edge.ts";
import { openWriter } from "./writer.ts";

/** Two seals of the test ledger. */
const [EARLIER, SEAL] = [100, 260];

let whole: TestStore;
beforeAll(async () => {
  whole = await createStore([250, 12, 3, 5], true);
  await whole.disk.makeFolder("sealed");
  await whole.disk.syncFolder("");
  for (const index of [EARLIER, SEAL]) await putState(whole.disk, index);
  expect((await checkDisk(whole.disk, whole.log)).findings).toEqual([]);
});

async function putState(disk: SimulatedDisk, index: number): Promise<void> {
  const { range } = await loadEdge(index, (tile) => salvageTile(disk, tile));
  const line = { kind: "statement", record: encodeUtf8(`{"before":${index}}`) } as const;
  const pieces: Uint8Array[] = [];
  for await (const piece of encodeSealed({ index, tree: range }, [line])) pieces.push(piece);
  await disk.write(`sealed/${index}`, pieces, 0);
  await disk.syncFolder("sealed");
}

async function erase(disk: SimulatedDisk): Promise<void> {
  const writer = await openWriter(disk, whole.log.policy);
  await writer.eraseRecords(SEAL, 0).finally(() => writer.close());
}

describe("the state of an earlier seal", () => {
  it("goes when what came after it is erased", async () => {
    const disk = whole.disk.copy();
    await erase(disk);
    expect(await listSealedOn(disk)).toEqual([SEAL]);
    expect((await checkDisk(disk, whole.log)).findings).toEqual([]);
  });

  it("is gone after a crash at any write, once the store is opened again", async () => {
    const counted = whole.disk.copy();
    const before = counted.writes;
    await erase(counted);
    const writes = counted.writes - before;
    expect(writes).toBeGreaterThan(8);
    const [sealed, erased]: [number[][], boolean[]] = [[], []];
    for (let faultAt = 0; faultAt < writes; faultAt++) {
      const broken = whole.disk.copy({ seed: faultAt, faultAt });
      await expect(erase(broken)).rejects.toMatchObject({ code: "ledger/store-failed" });
      const disk = broken.loseUnsynced();
      await (await openWriter(disk, whole.log.policy)).close();
      // Nothing that is not durable by now is there after another loss of power.
      const left = disk.loseUnsynced();
      const erasure = await loadErasure(left);
      sealed.push(await listSealedOn(left));
      erased.push(erasure?.isDone === true);
      expect([faultAt, sealed.at(-1)]).toEqual([faultAt, erasure ? [SEAL] : [SEAL, EARLIER]]);
      expect([faultAt, (await checkDisk(left, whole.log)).findings]).toEqual([faultAt, []]);
    }
    expect(new Set(erased)).toEqual(new Set([false, true]));
  });

  it("is found where it is back, and removed by a repair", async () => {
    const disk = whole.disk.copy();
    await erase(disk);
    await putState(disk, EARLIER);
    const file = `sealed/${EARLIER}`;
    expect((await checkDisk(disk, whole.log)).findings).toMatchObject([{ code: "ledger/file-stray", file }]);
    const { actions, left } = await repairDisk(disk, { record: async () => null }, whole.log);
    expect([actions, left.findings]).toMatchObject([[{ file, did: "removed" }], []]);
    expect(await listSealedOn(disk)).toEqual([SEAL]);
  });
});
