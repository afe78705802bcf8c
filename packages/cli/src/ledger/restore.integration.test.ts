import { once } from "node:events";
import { cp, mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { appendCheckpoint, commitBatch, loadCheckpoint } from "@leix/broker";
import { encodeUtf8 } from "@leix/protocol";
import { NETWORK_FILES, toPartyFolder } from "@leix/runtime";
import { SEEN_FILE } from "@leix/seen-ledger";
import {
  createLedgerLab,
  type LabMessage,
  type NewLedgerLab,
  startProgram,
  type TestProgram,
} from "@leix/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Restored, type RestoreOptions, restoreLedger } from "./restore.ts";

const REJECTIONS = 1_800;
const JOURNAL = "restoring.json";
let lab: NewLedgerLab;
let good: LabMessage[];
let records: Uint8Array[];
let said: string[];

beforeAll(async () => {
  lab = await createLedgerLab();
  await lab.recordGenesis();
  await lab.publishCheckpoint();
  await lab.stop();
  await cp(await lab.streamFolder("CHECKPOINT"), join(lab.dir, "early-checkpoint"), { recursive: true });
  await lab.start();
  await lab.recordRejections(REJECTIONS);
  await lab.publishCheckpoint();
  good = await lab.listMessages();
  records = await lab.loadRecords();
  await lab.stop();
  await lab.keepFiles("good");
  await lab.start();
});
beforeEach(() => {
  said = [];
});
afterAll(() => lab?.[Symbol.asyncDispose]());

const policyFolder = () => toPartyFolder(lab.dir, lab.network, "policy");

function restore(more: Partial<RestoreOptions> = {}): Promise<Restored> {
  const say = (line: string): void => void said.push(line);
  return restoreLedger({ dir: lab.dir, acceptLoss: false, say, onProgress: () => undefined, ...more });
}

function toRestored(changes: Partial<Restored>): Restored {
  return { records: good.length, isRecreated: false, isRenewed: false, lost: 0, forgetful: [], ...changes };
}

/** As an operator runs it. */
function startRestore(): Promise<TestProgram> {
  return startProgram({
    file: new URL("../main.ts", import.meta.url),
    args: ["ledger", "restore", "--dir", lab.dir],
    logFile: join(lab.dir, NETWORK_FILES.log, "restore.log"),
  });
}

/** Puts the broker back to its whole files, and takes something away from LEDGER's. */
async function damage(remove: (folder: string) => Promise<void> = removeRecords): Promise<void> {
  await lab.stop();
  await lab.putFiles("good");
  await remove(await lab.streamFolder("LEDGER"));
  await lab.start();
}

/** CHECKPOINT as it was after its first checkpoint. */
async function replaceCheckpoint(folder: string): Promise<void> {
  await rm(folder, { recursive: true });
  await cp(join(lab.dir, "early-checkpoint"), folder, { recursive: true });
}

/** What a server makes of it is an empty stream. */
async function removeRecords(folder: string): Promise<void> {
  await rm(join(folder, "msgs"), { recursive: true });
  await mkdir(join(folder, "msgs"));
}

describe("leix ledger restore", () => {
  it("leaves a whole LEDGER alone", async () => {
    expect(await restore()).toEqual(toRestored({ isRecreated: false }));
    expect(await lab.listMessages()).toEqual(good);
  });

  it.each([
    ["its records were lost", removeRecords],
    [
      "it is not there, as a crash between deleting and making it leaves it",
      (folder: string) => rm(folder, { recursive: true }),
    ],
  ])("recreates LEDGER where %s: each record in its place, and followers go on", async (_what, remove) => {
    await damage(async () => undefined);
    expect(await lab.follow(policyFolder())).toBeUndefined();
    await damage(remove);
    expect((await lab.follow(policyFolder()))?.code).toMatch(/^(ledger\/rolled-back|broker\/no-answer)$/);
    expect(await restore()).toEqual(toRestored({ isRecreated: true }));
    expect(await lab.listMessages()).toEqual(good);
    expect(await lab.follow(policyFolder())).toBeUndefined();
    expect(await lab.follow()).toBeUndefined();
    expect(await readdir(join(lab.dir, NETWORK_FILES.operator))).not.toContain(JOURNAL);
  });

  it("goes on where it was killed, again and again", async () => {
    await damage();
    let written = 0;
    for (const killAt of [1, 200, 1]) {
      await using observer = await lab.observe();
      await using life = await startRestore();
      await observer.untilWritten(killAt);
      await life.kill();
      const before = await lab.listMessages();
      expect(before).toEqual(good.slice(0, before.length));
      expect(before.length).toBeGreaterThanOrEqual(written);
      expect(before.length).toBeLessThan(good.length);
      written = before.length;
    }
    expect(await restore()).toMatchObject({ records: good.length, isRecreated: true });
    expect(said).toEqual([`going on after ${written} records`]);
    expect(await lab.listMessages()).toEqual(good);
  });

  it("begins anew where it ended before it had noted what it had made", async () => {
    await damage();
    const ended = new Error("ended after the first batch");
    const onProgress = (step: string): void => {
      if (step === "filling LEDGER") throw ended;
    };
    await expect(restore({ onProgress })).rejects.toBe(ended);
    said = [];
    await rm(join(lab.dir, NETWORK_FILES.operator, JOURNAL));
    expect(await restore()).toMatchObject({ isRecreated: true });
    expect(said).toEqual([expect.stringContaining("it is made anew")]);
    expect(await lab.listMessages()).toEqual(good);
  });

  it("says what would be lost, and takes it only where it is told to", async () => {
    await damage();
    const foreign = [0, 1].map((i) => ({
      subject: `leix.ledger.event.foreign.${i}`,
      data: new Uint8Array(9),
    }));
    await lab.as("policy", (nc) => commitBatch(nc, foreign, { expectedLastSequence: 0 }));
    await expect(restore()).rejects.toMatchObject({
      code: "restore/would-lose",
      detail: expect.stringContaining("leix.ledger.event.foreign.0"),
    });
    expect(await lab.listMessages()).toHaveLength(foreign.length);
    expect(await restore({ acceptLoss: true })).toMatchObject({ isRecreated: true, lost: 2 });
    expect(await lab.listMessages()).toEqual(good);
  });

  it("does not run while services do", async () => {
    const health = createServer((_request, response) => response.end("{}")).listen(0, "127.0.0.1");
    await once(health, "listening");
    const { port } = health.address() as AddressInfo;
    const running = join(lab.dir, NETWORK_FILES.running);
    const services = [{ name: "policy", health: `http://127.0.0.1:${port}/healthz` }];
    await writeFile(running, JSON.stringify({ v: 1, services }));
    await expect(restore()).rejects.toMatchObject({ code: "restore/services-running", detail: "policy" });
    health.closeAllConnections();
    health.close();
    await once(health, "close");
    expect(await restore()).toMatchObject({ isRecreated: false });
    await rm(running);
  });
});

describe("a broker without any streams", () => {
  it("is to be given them first, and then restored", async () => {
    await damage(async (folder) => {
      for (const name of ["LEDGER", "CHECKPOINT"]) await rm(join(folder, "..", name), { recursive: true });
    });
    await expect(restore()).rejects.toMatchObject({
      code: "broker/no-answer",
      detail: expect.stringContaining("`leix network provision`"),
    });
    await lab.provision();
    expect(await restore()).toEqual(toRestored({ isRecreated: true, isRenewed: true }));
    expect(await lab.listMessages()).toEqual(good);
  });
});

describe("CHECKPOINT", () => {
  it.each([
    ["was lost", async () => rm(await lab.streamFolder("CHECKPOINT"), { recursive: true })],
    ["was put back", async () => replaceCheckpoint(await lab.streamFolder("CHECKPOINT"))],
  ])("that %s is noticed by who remembers, and has the store's newest again", async (_what, lose) => {
    await damage(async () => undefined);
    expect(await lab.follow(policyFolder())).toBeUndefined();
    await damage(lose);
    await lab.provision();
    expect(await lab.follow(policyFolder())).toMatchObject({ code: "ledger/rolled-back" });
    expect(await restore()).toEqual(toRestored({ isRenewed: true }));
    expect(await lab.listMessages()).toEqual(good);
    expect(await lab.follow(policyFolder())).toBeUndefined();
    expect(await restore()).toEqual(toRestored({}));
  });

  it("that is not the ledger service's stops it, until it is told to go on", async () => {
    await damage();
    const note = encodeUtf8("test.example/ledger\n5\nAAAA\n\n");
    await lab.as("ledger", async (nc) => {
      await appendCheckpoint(nc, note, (await loadCheckpoint(nc))?.sequence ?? 0);
    });
    await expect(restore()).rejects.toMatchObject({
      code: "restore/would-lose",
      detail: expect.stringContaining("what is public"),
    });
    expect(await lab.listMessages()).toEqual([]);
    expect(await restore({ acceptLoss: true })).toEqual(toRestored({ isRecreated: true, isRenewed: true }));
    expect(said).toContainEqual(expect.stringContaining("does not count"));
    expect(await lab.follow(policyFolder())).toBeUndefined();
  });
});

describe("a store that is behind", () => {
  const SOME = 300;

  it("is not restored from where more is public; where a service saw more, only if told to", async () => {
    await damage(async () => undefined);
    expect(await lab.follow(policyFolder())).toBeUndefined();
    await damage();
    await rename(lab.storeFolder, `${lab.storeFolder}-whole`);
    await lab.fillStore(records.slice(0, SOME));
    await expect(restore({ acceptLoss: true })).rejects.toMatchObject({
      code: "ledger/checkpoint-uncovered",
    });
    await damage(async (folder) => {
      await removeRecords(folder);
      await rm(join(folder, "..", "CHECKPOINT"), { recursive: true });
    });
    await lab.provision();
    await expect(restore()).rejects.toMatchObject({
      code: "restore/would-lose",
      detail: expect.stringContaining(`${good.length} records that policy has seen`),
    });
    expect(await lab.listMessages()).toEqual([]);
    expect(await restore({ acceptLoss: true })).toMatchObject({ records: SOME, forgetful: ["policy"] });
    expect(await lab.listMessages()).toEqual(good.slice(0, SOME));
    expect(await readdir(policyFolder())).not.toContain(SEEN_FILE);
    expect(await lab.follow(policyFolder())).toBeUndefined();
  });
});
