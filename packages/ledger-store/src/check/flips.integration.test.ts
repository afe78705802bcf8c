import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cosignCheckpoint, createSigner, encodeNote, encodeVerifierKey, parseNote } from "@leix/tlog";
import { beforeAll, describe, expect, it } from "vitest";
import type { Disk } from "../disk.ts";
import { createTestLog, type TestLog } from "../log-key.testkit.ts";
import { createRecords } from "../records.testkit.ts";
import { createRandom, listFiles, SimulatedDisk } from "../simulated-disk.testkit.ts";
import { openLedgerWriter, openWriter } from "../writer.ts";
import { type CheckOptions, checkDisk, checkStore, type StoreReport } from "./check-store.ts";

/** Appends of these sizes, a checkpoint before the last one: every kind of file, full and partial. */
const SMALL = [7, 3, 2];
const LARGE = [250, 12, 3, 5];
/** POSIX seconds. */
const COSIGNED_AT = 1_790_000_000;

let log: TestLog;
beforeAll(async () => {
  log = await createTestLog();
});

async function fill(
  writer: Awaited<ReturnType<typeof openWriter>>,
  batches: readonly number[],
): Promise<void> {
  for (const [nth, count] of batches.entries()) {
    if (nth === batches.length - 1) await writer.publish(await log.sign(writer.head));
    await writer.append(createRecords(writer.head.size, writer.head.size + count));
  }
  await writer.close();
}

async function createStore(batches: readonly number[]): Promise<SimulatedDisk> {
  const disk = new SimulatedDisk();
  await fill(await openWriter(disk, log.policy), batches);
  expect((await checkDisk(disk, { log: log.log })).findings).toEqual([]);
  return disk;
}

interface Flip {
  readonly file: string;
  readonly at: number;
  readonly bit: number;
}

/** What a check says that does not name this bit: nothing, where it names it and nothing else. */
function judge({ file, at, bit }: Flip, { findings }: StoreReport): readonly string[] {
  const [one, ...more] = findings;
  const isFile = one?.file === file && more.length === 0;
  // Of a checkpoint the signature says only that it is another text.
  const isPlace =
    file === "checkpoint" || (one?.at !== undefined && one.at <= at && at < (one.end ?? one.at + 1));
  return isFile && isPlace ? [] : [`${file} byte ${at} bit ${bit}: ${JSON.stringify(findings)}`];
}

async function flipInMemory(disk: SimulatedDisk, flip: Flip, options: Partial<CheckOptions> = {}) {
  const bytes = disk.open(flip.file);
  const toggle = () => {
    bytes[flip.at] = (bytes[flip.at] ?? 0) ^ (1 << flip.bit);
  };
  toggle();
  const report = await checkDisk(disk, { log: log.log, records: "digests", ...options });
  toggle();
  return judge(flip, report);
}

/** At places that the seed says: one in every file in turn, and one in any byte of the store. */
async function sampleFlips(disk: Disk & { open(path: string): Uint8Array }, count: number, seed: number) {
  const random = createRandom(seed);
  const files = (await listFiles(disk)).filter((file) => disk.open(file).byteLength > 0);
  const total = files.reduce((sum, file) => sum + disk.open(file).byteLength, 0);
  const pick = (): string => {
    let left = random() * total;
    const picked = files.find((file) => {
      left -= disk.open(file).byteLength;
      return left < 0;
    });
    return picked ?? "format";
  };
  return Array.from({ length: count }, (_, nth): Flip => {
    const file = nth % 2 === 0 ? (files[(nth / 2) % files.length] ?? "") : pick();
    const at = Math.floor(random() * disk.open(file).byteLength);
    return { file, at, bit: Math.floor(random() * 8) };
  });
}

describe("a single flipped bit is found, and named by file and byte, and nothing else is blamed", () => {
  it("20,000 of a small store, as many in each file as in any, and every one of its checkpoint", async () => {
    const disk = await createStore(SMALL);
    const flips = await sampleFlips(disk, 20_000, 1);
    const note = disk.open("checkpoint");
    for (let n = 0; n < note.byteLength * 8; n++) flips.push({ file: "checkpoint", at: n >> 3, bit: n & 7 });
    const missed: string[] = [];
    for (const flip of flips) missed.push(...(await flipInMemory(disk, flip)));
    expect(missed).toEqual([]);
    expect(new Set(flips.map(({ file }) => file))).toEqual(
      new Set((await listFiles(disk)).filter((file) => disk.open(file).byteLength > 0)),
    );
    expect(flips.length).toBeGreaterThan(20_000);
  });

  it("every one of a checkpoint that a witness has cosigned", async () => {
    const disk = await createStore(SMALL);
    const witness = await createSigner(
      "leix.example/witness",
      "cosignature/v1",
      (await createTestLog(2)).key,
    );
    const note = parseNote(disk.open("checkpoint"));
    const line = await cosignCheckpoint(note.text, COSIGNED_AT, witness);
    await disk.remove("checkpoint");
    await disk.write("checkpoint", [encodeNote({ ...note, signatures: [...note.signatures, line] })], 0);
    const options = { log: log.log, witnesses: [encodeVerifierKey(witness.key)] };
    expect((await checkDisk(disk, options)).findings).toEqual([]);
    const missed: string[] = [];
    for (let n = 0; n < disk.open("checkpoint").byteLength * 8; n++) {
      const flip = { file: "checkpoint", at: n >> 3, bit: n & 7 };
      missed.push(...(await flipInMemory(disk, flip, options)));
    }
    expect(missed).toEqual([]);
  });

  it("500 of a store with full tiles", async () => {
    const disk = await createStore(LARGE);
    const missed: string[] = [];
    for (const flip of await sampleFlips(disk, 500, 2)) missed.push(...(await flipInMemory(disk, flip)));
    expect(missed).toEqual([]);
  });

  it("500 of a store in which records are erased", async () => {
    const disk = await createStore(LARGE);
    const writer = await openWriter(disk, log.policy);
    await writer.eraseRecords(100, 0);
    await writer.close();
    const missed: string[] = [];
    for (const flip of await sampleFlips(disk, 500, 5)) {
      missed.push(...(await flipInMemory(disk, flip)));
    }
    expect(missed).toEqual([]);
  });

  it("200 with every record taken apart", async () => {
    const disk = await createStore(SMALL);
    const missed: string[] = [];
    for (const flip of await sampleFlips(disk, 200, 7)) {
      missed.push(...(await flipInMemory(disk, flip, { records: "parsed" })));
    }
    expect(missed).toEqual([]);
  });

  it("on a real disk", async () => {
    const folder = await mkdtemp(join(tmpdir(), "leix-flips-"));
    try {
      await fill(await openLedgerWriter(folder, log), LARGE);
      const flips = await sampleFlips(await createStore(LARGE), 60, 6);
      for (const flip of flips) {
        const path = join(folder, flip.file);
        const whole = await readFile(path);
        const broken = Buffer.from(whole);
        broken[flip.at] = (broken[flip.at] ?? 0) ^ (1 << flip.bit);
        await writeFile(path, broken);
        expect(judge(flip, await checkStore(folder, log))).toEqual([]);
        await writeFile(path, whole);
      }
      expect((await checkStore(folder, log)).findings).toEqual([]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
