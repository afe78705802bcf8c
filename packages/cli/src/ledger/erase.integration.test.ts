import { execFile } from "node:child_process";
import { cp, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readErasure } from "@leix/ledger-store";
import { findFreePort, NETWORK_FILES } from "@leix/runtime";
import { createLedgerLab, flipBit, type NewLedgerLab, startLedger, startProgram } from "@leix/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Replay } from "../audit/replay-result.ts";
import { rotateLedger } from "./rotate.ts";

const LEIX = fileURLToPath(new URL("../main.ts", import.meta.url));
const HOUR = 3_600;
const REJECTIONS = 300;

let lab: NewLedgerLab;
let seal: number;
let whole: Replay;
let kept: string;
beforeAll(async () => {
  lab = await createLedgerLab(undefined, HOUR);
  await lab.recordGenesis();
  await lab.recordRejections(REJECTIONS);
  seal = lab.records;
  await lab.recordSeal();
  await lab.recordRejections(40);
  await lab.publishCheckpoint();
  kept = `${lab.storeFolder}-kept`;
  await cp(lab.storeFolder, kept, { recursive: true });
  whole = (await replay("--store", kept)).found;
}, 120_000);
afterAll(async () => {
  await lab?.[Symbol.asyncDispose]();
});

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function leix(...args: readonly string[]): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(process.execPath, [LEIX, "--dir", lab.dir, ...args], (error, out, err) => {
      resolve({ code: error ? Number(error.code) : 0, out, err });
    });
  });
}

async function replay(...from: readonly string[]): Promise<{ code: number; found: Replay }> {
  const { code, out } = await leix("audit", "replay", "--json", ...from);
  return { code, found: JSON.parse(out.trimEnd().split("\n").at(-1) ?? "") };
}

/** 0 differences, what is erased is counted, and the tree is the one that it was. */
async function expectErased(...from: readonly string[]): Promise<void> {
  const { code, found } = await replay(...from);
  expect([code, from]).toEqual([0, from]);
  expect(found).toMatchObject({
    ...{ mismatches: 0, erased: REJECTIONS, undecided: 0, away: 0, sealed: seal },
    ...{ checked: lab.records - REJECTIONS, ledger: lab.records, head: whole.head, tree: whole.tree },
  });
}

const erase = (...more: readonly string[]) => leix("ledger", "erase", "--epoch", "1", ...more);
const refused = (code: string) => ({ code: 1, err: expect.stringContaining(`[${code}]`) });

it("erases only what is sealed, put away and whole; nothing is changed before", async () => {
  expect(whole).toMatchObject({ mismatches: 0, checked: lab.records, sealed: null });
  expect(await erase()).toMatchObject(refused("ledger/not-rotated"));
  expect(await leix("ledger", "erase", "--epoch", "2")).toMatchObject(refused("ledger/seal-missing"));
  await rotateLedger({ dir: lab.dir, onProgress: () => undefined });
  // What was put away is not looked at, and that is not the same as sound.
  const live = await replay();
  expect(live).toMatchObject({
    code: 4,
    found: { away: seal, sealed: seal, mismatches: 0, tree: whole.tree },
  });
  await flipBit(join(lab.storeFolder, "record", "000"), 70_000, 3);
  expect(await erase()).toMatchObject(refused("ledger/store-damaged"));
  await flipBit(join(lab.storeFolder, "record", "000"), 70_000, 3);
  expect(await readErasure(lab.storeFolder)).toBeNull();
  await lab.stop();
  expect(await erase()).toMatchObject({ code: 1, err: expect.stringContaining("[broker/") });
  await lab.start();
  expect(await readErasure(lab.storeFolder)).toBeNull();
});

it("makes the state again, goes on where it was killed, and says what it did, once", async () => {
  const sealed = join(lab.storeFolder, "sealed", String(seal));
  const state = await readFile(sealed);
  await flipBit(sealed, 500, 3);
  await using program = await startProgram({
    file: new URL("../main.ts", import.meta.url),
    args: ["ledger", "erase", "--epoch", "1", "--dir", lab.dir],
    logFile: join(lab.dir, NETWORK_FILES.log, "erase.log"),
  });
  await program.kill();
  const done = await erase();
  expect(done).toMatchObject({ code: 0, err: expect.stringContaining("leix audit replay") });
  expect(await readFile(sealed)).toEqual(state);
  expect(await erase()).toMatchObject({ code: 0, out: expect.stringContaining("Nothing to do") });
  expect(await readErasure(lab.storeFolder)).toMatchObject({ seal: { index: seal }, isDone: true });
  const text = await readFile(join(lab.storeFolder, "record", "000"), "latin1");
  expect(text).not.toContain('"kind":"rejection"');
});

it("leaves a ledger that replays from store, export and HTTPS: valid, record erased", async () => {
  await expectErased("--store", lab.storeFolder);
  const file = join(lab.dir, "erased.ndjson");
  expect(await leix("audit", "export", "--store", lab.storeFolder, "--out", file)).toMatchObject({ code: 0 });
  await expectErased("--file", file);
  const report = await leix("audit", "replay", "--file", file);
  expect(report.out).toContain(`erased       ${REJECTIONS} records: valid, record erased`);
  const put = await leix("audit", "export", "--out", join(lab.dir, "none.ndjson"));
  expect(put).toMatchObject(refused("ledger/record-erased"));
  const port = await findFreePort();
  await using service = await startLedger(lab.dir, { port });
  await service.untilSaid('"event":"ledger.compared"');
  await expectErased("--url", `https://127.0.0.1:${port}`);
  await service.stop();
});

it("of what is left every bit that is turned over is found, and named", async () => {
  expect(await leix("audit", "fsck", lab.storeFolder)).toMatchObject({
    code: 0,
    out: expect.stringContaining(`erased       ${REJECTIONS}, below a seal`),
  });
  const files = ["erased", "record/000", "record/001", `sealed/${seal}`, "tile/0/000", "tile/entries/000"];
  expect(await readdir(lab.storeFolder)).toContain("erased");
  for (const file of files) {
    const path = join(lab.storeFolder, file);
    const { byteLength } = await readFile(path);
    await flipBit(path, Math.floor(byteLength / 3), 2);
    const found = await leix("audit", "fsck", lab.storeFolder);
    expect([found.code, found.out]).toEqual([1, expect.stringMatching(new RegExp(`^${file}[,:]`, "m"))]);
    await flipBit(path, Math.floor(byteLength / 3), 2);
  }
  await rm(join(lab.storeFolder, "sealed"), { recursive: true });
  const gone = await leix("audit", "fsck", lab.storeFolder);
  expect([gone.code, gone.out]).toEqual([1, expect.stringContaining(`sealed/${seal}: `)]);
});
