import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { readSealedPieces, writeSealedPieces } from "@leix/broker";
import { flipBit } from "@leix/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Erased, eraseLedger } from "./erase.ts";
import { restoreLedger } from "./restore.ts";
import { createSealedLab, type SealedLab } from "./sealed-lab.testkit.ts";

let sealed: SealedLab;
let state: Buffer;
beforeAll(async () => {
  sealed = await createSealedLab();
});
beforeEach(async () => {
  await sealed.reset();
  await sealed.rotate();
  state = await readFile(toFile(sealed.seal));
});
afterAll(() => sealed?.[Symbol.asyncDispose]());

const NOW = 1_900_000_000;
const toFile = (index: number) => join(sealed.lab.storeFolder, "sealed", String(index));

function erase(): Promise<Erased> {
  const { dir } = sealed.lab;
  return eraseLedger({ dir, epoch: 1, isRotated: false, now: NOW, onProgress: () => undefined });
}

/** What an operator is told by a restore. */
async function restore(): Promise<string[]> {
  const said: string[] = [];
  const say = (line: string) => said.push(line);
  await restoreLedger({ dir: sealed.lab.dir, acceptLoss: false, say, onProgress: () => undefined });
  return said;
}

async function damage(): Promise<void> {
  await flipBit(toFile(sealed.seal), Math.floor(state.byteLength / 2), 2);
}

describe("a broker that is back from before a rotation, under a store that has erased since", () => {
  it("is restored from the seal on; a rotation says so", async () => {
    await erase();
    await sealed.lab.stop();
    await sealed.lab.putFiles("good");
    await sealed.lab.start();
    expect(await sealed.lab.listMessages()).toEqual(sealed.good);
    await expect(sealed.rotate()).rejects.toMatchObject({ code: "ledger/rolled-back" });
    expect(await sealed.restore()).toMatchObject({ isRecreated: true, lost: 0, forgetful: [] });
    await sealed.expectRotated();
    expect(await sealed.restore()).toMatchObject({ isRecreated: false });
    expect(await sealed.rotate()).toMatchObject({ seal: sealed.seal, isRotated: false });
  });

  it("is restored also where LEDGER is gone altogether", async () => {
    await erase();
    await sealed.lab.stop();
    await sealed.lab.putFiles("good");
    await sealed.lab.start();
    await sealed.loseLedger();
    expect(await sealed.restore()).toMatchObject({ isRecreated: true, lost: 0 });
    await sealed.expectRotated();
  });
});

describe("one bit of a sealed state in the store", () => {
  it("is put back by a restore, from the records while they are there, from SEALED afterwards", async () => {
    await damage();
    expect(await restore()).toEqual([expect.stringContaining("is whole again")]);
    expect(await readFile(toFile(sealed.seal))).toEqual(state);
    await erase();
    await damage();
    expect(await restore()).toEqual([expect.stringContaining("is whole again")]);
    expect(await readFile(toFile(sealed.seal))).toEqual(state);
    await rm(toFile(sealed.seal));
    expect(await restore()).toEqual([expect.stringContaining("is whole again")]);
    expect(await readFile(toFile(sealed.seal))).toEqual(state);
    expect(await restore()).toEqual([]);
    await sealed.expectRotated();
  });

  it("is never put into SEALED, and taken from there only where it is whole there", async () => {
    await erase();
    await damage();
    const bad = await readFile(toFile(sealed.seal));
    await sealed.asRestorer(async (nc) => {
      const pieces = async function* () {
        yield bad;
      };
      await writeSealedPieces(nc, sealed.seal, pieces());
    });
    await expect(restore()).rejects.toMatchObject({ code: "ledger/seal-differs" });
    await expect(sealed.rotate()).rejects.toMatchObject({ code: "ledger/seal-differs" });
    expect(await readFile(toFile(sealed.seal))).toEqual(bad);
    const pieces = sealed.asRestorer((nc) => readSealedPieces(nc, sealed.seal).next());
    expect(Buffer.from((await pieces).value ?? [])).toEqual(bad);
  });
});
