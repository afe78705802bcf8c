import { join } from "node:path";
import { readSealedPieces } from "@leix/broker";
import { NETWORK_FILES } from "@leix/runtime";
import { startProgram, type TestProgram } from "@leix/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { RotateStep } from "./rotate.ts";
import { createSealedLab, type SealedLab } from "./sealed-lab.testkit.ts";

let sealed: SealedLab;
beforeAll(async () => {
  sealed = await createSealedLab();
});
beforeEach(() => sealed.reset());
afterAll(() => sealed?.[Symbol.asyncDispose]());

/** As an operator runs it. */
function startRotate(): Promise<TestProgram> {
  const { dir } = sealed.lab;
  return startProgram({
    file: new URL("../main.ts", import.meta.url),
    args: ["ledger", "rotate", "--dir", dir],
    logFile: join(dir, NETWORK_FILES.log, "rotate.log"),
  });
}

describe("leix ledger rotate", () => {
  it("puts away what the seal has sealed, and followers go on from the seal", async () => {
    expect(await sealed.rotate()).toEqual({
      seal: sealed.seal,
      isRotated: true,
      left: sealed.good.length - sealed.seal,
    });
    await sealed.expectRotated();
    expect(await sealed.rotate()).toEqual({
      seal: sealed.seal,
      isRotated: false,
      left: sealed.good.length - sealed.seal,
    });
    await sealed.lab.provision();
    await sealed.expectRotated();
  });

  it.each<[RotateStep, number]>([
    ["comparing LEDGER", 200],
    ["following the store", 200],
    ["writing SEALED", 0],
    ["filling LEDGER", 1],
    ["verifying LEDGER", 1],
  ])("goes on where it ended in the middle of %s", async (killed, at) => {
    const ending = sealed.rotate((step, records) => {
      if (step === killed && records >= at) throw new Error("killed");
    });
    await expect(ending).rejects.toThrow("killed");
    expect(await sealed.rotate()).toMatchObject({
      seal: sealed.seal,
      left: sealed.good.length - sealed.seal,
    });
    await sealed.expectRotated();
  });

  it("goes on where it was killed while LEDGER was filled, and where LEDGER was taken away", async () => {
    await using observer = await sealed.lab.observe();
    await using life = await startRotate();
    await observer.untilWritten(1);
    await life.kill();
    await sealed.loseLedger();
    expect(await sealed.rotate()).toEqual({
      seal: sealed.seal,
      isRotated: true,
      left: sealed.good.length - sealed.seal,
    });
    await sealed.expectRotated();
  });

  it("puts the next epoch away in its time, and keeps only the newest state in SEALED", async () => {
    const records = sealed.lab.records;
    await sealed.rotate();
    await sealed.lab.recordRejections(100);
    const next = sealed.lab.records;
    await sealed.lab.recordSeal();
    await sealed.lab.recordRejections(50);
    await sealed.lab.publishCheckpoint();
    const before = await sealed.lab.listMessages();
    expect(before).toHaveLength(sealed.good.length - sealed.seal + sealed.lab.records - records);
    expect(await sealed.rotate()).toMatchObject({ seal: next, isRotated: true });
    expect(await sealed.lab.listMessages()).toEqual(before.slice(next - sealed.seal));
    expect(await sealed.lab.follow()).toBeUndefined();
    expect(await sealed.lab.follow(sealed.policyFolder)).toBeUndefined();
    await expect(sealed.asRestorer((nc) => readSealedPieces(nc, sealed.seal).next())).rejects.toMatchObject({
      code: "ledger/rolled-back",
    });
  });
});
