import { cp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { toPartyFolder } from "@leix/runtime";
import { SEEN_FILE } from "@leix/seen-ledger";
import { createLedgerLab, type LabMessage, type NewLedgerLab } from "@leix/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

/**
 * Larger pieces of a stopped broker's files are lost: what every follower says when it starts, one with a
 * memory and one with nothing but the newest checkpoint.
 */
/** With this limit the server has blocks of 4 MB. */
const LEDGER_BYTES_MAX = 16_777_216;
const LARGE_FILES = 270;
let lab: NewLedgerLab;
let good: LabMessage[];
let memory: string;

beforeAll(async () => {
  lab = await createLedgerLab(LEDGER_BYTES_MAX);
  memory = toPartyFolder(lab.dir, lab.network, "auditor");
  await lab.recordGenesis();
  await lab.publishCheckpoint();
  await lab.stop();
  await lab.keepFiles("early");
  await lab.start();
  await lab.recordLargeFiles(LARGE_FILES);
  await lab.publishCheckpoint();
  good = await lab.listMessages();
  expect(await lab.follow(memory)).toBeUndefined();
  await lab.stop();
  expect((await listBlocks()).length).toBeGreaterThan(2);
  await lab.keepFiles("good");
});
beforeEach(async () => {
  await lab.kill();
  await lab.putFiles("good");
});
afterAll(() => lab?.[Symbol.asyncDispose]());

async function listBlocks(): Promise<string[]> {
  const folder = join(await lab.streamFolder("LEDGER"), "msgs");
  const names = (await readdir(folder)).filter((name) => name.endsWith(".blk"));
  return names.toSorted((one, other) => Number.parseInt(one, 10) - Number.parseInt(other, 10));
}

/** The -1st is the last. */
async function removeBlock(at: number): Promise<void> {
  const block = (await listBlocks()).at(at);
  await rm(join(await lab.streamFolder("LEDGER"), "msgs", block ?? "none"));
}

/** What a server makes of it is an empty stream. */
async function removeMessages(stream: string): Promise<void> {
  await rm(join(await lab.streamFolder(stream), "msgs"), { recursive: true });
  await lab.start();
}

/** With a memory, and without. */
async function follow(): Promise<(string | undefined)[]> {
  const found = [await lab.follow(memory), await lab.follow()];
  return found.map((error) => error?.code);
}

const BOTH = ["ledger/rolled-back", "ledger/rolled-back"];

describe("LEDGER", () => {
  test("is whole (control)", async () => {
    await lab.start();
    expect(await lab.listMessages()).toEqual(good);
    expect(await follow()).toEqual([undefined, undefined]);
  });

  test.each([
    ["its last block", -1],
    ["a block in the middle", 1],
    ["its first block", 0],
  ])("without %s is named by every follower", async (_what, block) => {
    await removeBlock(block);
    await lab.start();
    expect(await follow()).toEqual(BOTH);
  });

  test("that was made again, empty, is named by every follower", async () => {
    await removeMessages("LEDGER");
    expect(await lab.listMessages()).toEqual([]);
    expect(await follow()).toEqual(BOTH);
  });

  test("that was put back to an earlier time is named by every follower", async () => {
    const stream = await lab.streamFolder("LEDGER");
    await lab.putFiles("early");
    await cp(stream, `${lab.dir}/early-ledger`, { recursive: true });
    await lab.putFiles("good");
    await rm(stream, { recursive: true });
    await cp(`${lab.dir}/early-ledger`, stream, { recursive: true });
    await lab.start();
    const early = await lab.listMessages();
    expect(early).toEqual(good.slice(0, early.length));
    expect(early.length).toBeLessThan(good.length);
    expect(await follow()).toEqual(BOTH);
  });

  test("that was put back as a whole, with CHECKPOINT, is named by whoever remembers", async () => {
    await lab.putFiles("early");
    await lab.start();
    expect(await follow()).toEqual(["ledger/rolled-back", undefined]);
  });
});

describe("CHECKPOINT", () => {
  test("that was put back to an earlier time is named by whoever remembers", async () => {
    const stream = await lab.streamFolder("CHECKPOINT");
    await lab.putFiles("early");
    await cp(stream, `${lab.dir}/early-checkpoint`, { recursive: true });
    await lab.putFiles("good");
    await rm(stream, { recursive: true });
    await cp(`${lab.dir}/early-checkpoint`, stream, { recursive: true });
    await lab.start();
    expect(await lab.listMessages()).toEqual(good);
    expect(await follow()).toEqual(["ledger/rolled-back", undefined]);
  });

  test("that was lost stops whoever remembers one, until the store's is there again", async () => {
    await removeMessages("CHECKPOINT");
    expect(await follow()).toEqual(["ledger/rolled-back", undefined]);
    await lab.publishCheckpoint();
    expect(await follow()).toEqual([undefined, undefined]);
  });
});

test("a memory that cannot be read is no memory that was never made", async () => {
  await lab.start();
  const file = join(memory, SEEN_FILE);
  const kept = await readFile(file);
  await writeFile(file, kept.subarray(0, -9));
  expect(await lab.follow(memory)).toMatchObject({ code: "config/invalid" });
  await writeFile(file, kept);
  expect(await lab.follow(memory)).toBeUndefined();
});
