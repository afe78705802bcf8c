import { copyFile, cp, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { NETWORK_FILES, type PartyConnection, toPartyFolder } from "@leix/runtime";
import { SEEN_FILE } from "@leix/seen-ledger";
import { createLedgerLab, type LabMessage, type NewLedgerLab } from "@leix/testkit";
import { expect } from "vitest";
import { restoreLedger } from "./restore.ts";
import { connectRestorer } from "./restore-access.ts";
import { type Rotated, type RotateStep, rotateLedger } from "./rotate.ts";

export const JOURNAL = "restoring.json";
const HOUR = 3_600;
const RECORDS = 300;

/** A network without services whose ledger has a sealed year, and a part of the next one. */
export interface SealedLab extends AsyncDisposable {
  readonly lab: NewLedgerLab;
  /** All of LEDGER, before anything was put away. */
  readonly good: readonly LabMessage[];
  /** Index of the seal. */
  readonly seal: number;
  readonly policyFolder: string;
  /** Puts everything back as it was before the first rotation. */
  reset(): Promise<void>;
  rotate(onProgress?: (step: RotateStep, records: number) => void): Promise<Rotated>;
  restore(): ReturnType<typeof restoreLedger>;
  asRestorer<T>(work: (nc: PartyConnection) => Promise<T>): Promise<T>;
  /** The broker's disk loses LEDGER as a whole. */
  loseLedger(): Promise<void>;
  /** What a rotation that was not disturbed leaves, and nothing else. */
  expectRotated(): Promise<void>;
}

export async function createSealedLab(witnessQuorum = 0): Promise<SealedLab> {
  const lab = await createLedgerLab(undefined, HOUR, witnessQuorum);
  const policyFolder = toPartyFolder(lab.dir, lab.network, "policy");
  await lab.recordGenesis();
  await lab.recordRejections(RECORDS);
  const seal = lab.records;
  await lab.recordSeal();
  await lab.recordRejections(RECORDS);
  await lab.publishCheckpoint();
  const good = await lab.listMessages();
  expect(await lab.follow(policyFolder)).toBeUndefined();
  await copyFile(join(policyFolder, SEEN_FILE), join(lab.dir, SEEN_FILE));
  await lab.stop();
  await lab.keepFiles("good");
  await cp(lab.storeFolder, `${lab.storeFolder}-good`, { recursive: true });
  await lab.start();
  return {
    ...{ lab, good, seal, policyFolder },
    async reset() {
      await lab.stop();
      await lab.putFiles("good");
      await copyFile(join(lab.dir, SEEN_FILE), join(policyFolder, SEEN_FILE));
      await rm(lab.storeFolder, { recursive: true });
      await cp(`${lab.storeFolder}-good`, lab.storeFolder, { recursive: true });
      await rm(join(lab.dir, NETWORK_FILES.operator, JOURNAL), { force: true });
      await lab.start();
    },
    rotate: (onProgress = () => undefined) => rotateLedger({ dir: lab.dir, onProgress }),
    restore() {
      const quiet = { say: () => undefined, onProgress: () => undefined };
      return restoreLedger({ dir: lab.dir, acceptLoss: false, ...quiet });
    },
    async asRestorer(work) {
      await using nc = await connectRestorer(lab.dir, lab.network);
      return await work(nc);
    },
    async loseLedger() {
      await lab.stop();
      await rm(await lab.streamFolder("LEDGER"), { recursive: true });
      await lab.start();
    },
    async expectRotated() {
      expect(await lab.listMessages()).toEqual(good.slice(seal));
      expect(await lab.follow()).toBeUndefined();
      expect(await lab.follow(policyFolder)).toBeUndefined();
      expect(await readdir(join(lab.dir, NETWORK_FILES.operator))).not.toContain(JOURNAL);
    },
    [Symbol.asyncDispose]: () => lab[Symbol.asyncDispose](),
  };
}
