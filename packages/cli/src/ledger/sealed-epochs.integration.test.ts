import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { listSealedStates } from "@leix/ledger-store";
import { flipBit } from "@leix/testkit";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { type EraseStep, eraseLedger } from "./erase.ts";
import { createSealedLab, type SealedLab } from "./sealed-lab.testkit.ts";

vi.setConfig({ hookTimeout: 60_000 });

/** One epoch is put away, and the next one is sealed. */
let sealed: SealedLab;
let next: number;
beforeEach(async () => {
  sealed = await createSealedLab();
  const { lab } = sealed;
  await sealed.rotate();
  await lab.recordRejections(60);
  next = lab.records;
  await lab.recordSeal();
  await lab.recordRejections(20);
  await lab.publishCheckpoint();
});
afterEach(() => sealed?.[Symbol.asyncDispose]());

const toFile = (index: number) => join(sealed.lab.storeFolder, "sealed", String(index));

async function damage(index: number): Promise<void> {
  const { byteLength } = await readFile(toFile(index));
  await flipBit(toFile(index), Math.floor(byteLength / 2), 2);
}

/** Gives how many records were followed for it. */
async function erase(epoch: number): Promise<number> {
  const steps: EraseStep[] = [];
  const onProgress = (step: EraseStep) => steps.push(step);
  await eraseLedger({ dir: sealed.lab.dir, epoch, isRotated: false, now: 1_900_000_000, onProgress });
  expect(steps.at(-1)).toBe("erasing");
  return steps.length - 1;
}

it("makes a state of all records before they are erased, though it is there; earlier ones go", async () => {
  const followed: number[] = [];
  await sealed.rotate((step, records) => {
    if (step === "following the store") followed.push(records);
  });
  expect([followed[0], followed.at(-1), followed.length]).toEqual([1, next, next]);
  expect(await listSealedStates(sealed.lab.storeFolder)).toEqual([next, sealed.seal]);
  expect(await erase(2)).toBe(next);
  expect(await listSealedStates(sealed.lab.storeFolder)).toEqual([next]);
  expect(await sealed.restore()).toMatchObject({ isRecreated: false });
  expect(await sealed.lab.follow()).toBeUndefined();
});

it("follows from the state after what is erased, and takes it from SEALED if it is damaged", async () => {
  const state = await readFile(toFile(sealed.seal));
  expect(await erase(1)).toBe(sealed.seal);
  await damage(sealed.seal);
  expect(await sealed.rotate()).toMatchObject({ seal: next, isRotated: true });
  expect(await readFile(toFile(sealed.seal))).toEqual(state);
  await damage(next);
  expect(await sealed.rotate()).toMatchObject({ seal: next, isRotated: false });
  expect(await sealed.lab.follow()).toBeUndefined();
  await damage(sealed.seal);
  await expect(erase(2)).rejects.toMatchObject({ code: "ledger/record-erased" });
  await flipBit(toFile(sealed.seal), Math.floor(state.byteLength / 2), 2);
  expect(await erase(2)).toBe(next - sealed.seal);
  expect(await listSealedStates(sealed.lab.storeFolder)).toEqual([next]);
});
