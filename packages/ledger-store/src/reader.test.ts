import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeUtf8, LeixError } from "@leix/protocol";
import {
  decodeBundle,
  decodeTile,
  encodeTilePath,
  hashLeaf,
  hashTree,
  listBundles,
  listConsistencyNodes,
  listInclusionNodes,
  listNewTiles,
  proveConsistency,
  proveInclusion,
  type Tile,
  verifyBundle,
  verifyConsistency,
  verifyInclusion,
} from "@leix/tlog";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createLedger, type TestLedger } from "./crash.testkit.ts";
import type { LedgerWriter } from "./ledger-writer.ts";
import { BLOCK_BYTES } from "./limits.ts";
import { codeOf, createTestLog, type TestLog } from "./log-key.testkit.ts";
import { type LedgerReader, openLedgerReader, openReader } from "./reader.ts";
import { SimulatedDisk } from "./simulated-disk.testkit.ts";
import { openLedgerWriter, openWriter } from "./writer.ts";

let log: TestLog;
let ledger: TestLedger;
let folder: string;
let writer: LedgerWriter;
let reader: LedgerReader;
beforeAll(async () => {
  log = await createTestLog();
  ledger = createLedger(700);
  folder = await mkdtemp(join(tmpdir(), "leix-reader-"));
  writer = await openLedgerWriter(folder, log);
  expect(await codeOf(openLedgerReader(folder, log))).toBe("ledger/unpublished");
  await writer.append(ledger.records.slice(0, 600));
  await writer.publish(await log.sign(writer.head));
  reader = await openLedgerReader(folder, log);
  // Beside the reader, which sees nothing of it: what was partial becomes full.
  await writer.append(ledger.records.slice(600, 700));
});
afterAll(async () => {
  await writer.close();
  await rm(folder, { recursive: true, force: true });
});

async function collect<T>(given: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of given) all.push(one);
  return all;
}

describe("a reader", () => {
  it("has the head that the checkpoint signs, whatever is written meanwhile", () => {
    expect(reader.head).toMatchObject({ size: 600, root: ledger.roots[600] });
  });

  it("gives every entry, and they make the root", async () => {
    const entries = await collect(reader.entries());
    expect(entries.map(({ index }) => index)).toEqual(ledger.records.slice(0, 600).map((_, at) => at));
    expect(hashTree(entries.map(({ bytes }) => hashLeaf(bytes)))).toEqual(reader.head.root);
    expect(new Set(entries.map(({ kind }) => kind))).toEqual(new Set(["rejection", "statement", "seal"]));
  });

  it("gives every record, any range of them, and each by its index", async () => {
    const records = await collect(reader.records());
    expect(records.map(({ record }) => Buffer.from(record ?? []))).toEqual(
      ledger.records.slice(0, 600).map((record) => Buffer.from(record)),
    );
    for (const [begin, end] of [
      [0, 0],
      [0, 1],
      [255, 257],
      [300, 300],
      [500, 600],
      [599, 600],
    ] as const) {
      const some = await collect(reader.records(begin, end));
      expect(some.map(({ index }) => index)).toEqual(
        Array.from({ length: end - begin }, (_, at) => begin + at),
      );
    }
    for (const index of [0, 1, 255, 256, 511, 599]) {
      const { entry, record } = await reader.readRecord(index);
      expect([entry.index, Buffer.from(record ?? [])]).toEqual([
        index,
        Buffer.from(ledger.records[index] ?? []),
      ]);
    }
    for (const index of [600, 699, 700, -1, 0.5])
      expect(await codeOf(reader.readRecord(index))).toBe("tlog/size");
    expect(await codeOf(collect(reader.entries(10, 9)))).toBe("tlog/size");
    expect(await codeOf(collect(reader.records(0, 601)))).toBe("tlog/size");
  });

  it("proves every leaf, and that the tree grew from any smaller one", async () => {
    for (const index of [0, 1, 255, 256, 300, 511, 512, 598, 599]) {
      const proof = proveInclusion(index, 600, await reader.loadHashes(listInclusionNodes(index, 600)));
      const { entry } = await reader.readRecord(index);
      verifyInclusion(proof, hashLeaf(entry.bytes), reader.head.root);
    }
    for (const size of [1, 100, 256, 512, 599, 600]) {
      const hashes = await reader.loadHashes(listConsistencyNodes(size, 600));
      verifyConsistency(
        proveConsistency(size, 600, hashes),
        ledger.roots[size] ?? new Uint8Array(),
        reader.head.root,
      );
    }
  });

  it("gives the tiles and bundles of its tree, and no others", async () => {
    const bundles = listBundles(0, 600, 600);
    for (const bundle of bundles) {
      const tile: Tile = { kind: "hashes", level: 0, index: bundle.index, width: bundle.width };
      const [entries, hashes] = [await reader.readTile(bundle), await reader.readTile(tile)];
      if (!entries || !hashes) throw new Error(`${encodeTilePath(bundle)} is missing`);
      verifyBundle(decodeBundle(entries, bundle.width), decodeTile(tile, hashes));
    }
    expect(bundles).toHaveLength(3);
    for (const tile of listNewTiles(0, 600)) expect(await reader.readTile(tile)).not.toBeNull();
    const none: Tile[] = [
      { kind: "entries", index: 2, width: 89 },
      { kind: "entries", index: 2, width: 256 },
      { kind: "entries", index: 3, width: 1 },
      { kind: "hashes", level: 1, index: 0, width: 3 },
      { kind: "hashes", level: 2, index: 0, width: 1 },
    ];
    for (const tile of none) expect(await reader.readTile(tile)).toBeNull();
  });

  it("finds the full tile in place of a partial one that is gone", async () => {
    const partial = { kind: "entries", index: 1, width: 7 } as const;
    const bytes = await reader.readTile(partial);
    expect(decodeBundle(bytes ?? new Uint8Array(), 7)).toHaveLength(7);
  });
});

describe("a reader of a store that is damaged", () => {
  const createDisk = async (): Promise<SimulatedDisk> => {
    const disk = new SimulatedDisk();
    const one = await openWriter(disk, log.policy);
    await one.append(ledger.records.slice(0, 300));
    await one.publish(await log.sign(one.head));
    await one.eraseRecords(5, 0);
    await one.close();
    return disk;
  };
  const openAt = (disk: SimulatedDisk): Promise<LedgerReader> => openReader(disk, log.policy);

  it("says so, and still gives what is whole", async () => {
    const disk = await createDisk();
    const one = await openAt(disk);
    expect((await one.readRecord(4)).record).toBeNull();
    expect((await one.readRecord(5)).record).not.toBeNull();
    const bytes = disk.open("record/001");
    bytes[3] = 1;
    expect(await codeOf(one.readRecord(256))).toBe("ledger/store-damaged");
    expect((await one.readRecord(257)).record).not.toBeNull();
    await disk.truncate("record/001", bytes.byteLength - 1);
    expect(await codeOf(one.readRecord(299))).toBe("ledger/store-damaged");
    await disk.remove("record/001");
    expect(await codeOf(one.readRecord(298))).toBe("ledger/store-damaged");
    const entries = disk.open("tile/entries/001.p/44");
    entries[10] = 0;
    expect(await codeOf(one.readRecord(256))).toBe("ledger/store-damaged");
    entries[0] = 255;
    expect(await codeOf(collect(one.entries()))).toBe("ledger/store-damaged");
    await disk.remove("tile/entries/001.p/44");
    expect(await codeOf(collect(one.entries()))).toBe("ledger/store-damaged");
    expect(await collect(one.entries(0, 256))).toHaveLength(256);
    await disk.remove("tile/0/001.p/44");
    expect(await codeOf(one.loadHashes(listInclusionNodes(0, 300)))).toBe("tlog/tile-missing");
  });

  it("reads in blocks, however large the file", async () => {
    const disk = await createDisk();
    let largest = 0;
    const read = disk.read.bind(disk);
    disk.read = async (path, begin, end) => {
      const bytes = await read(path, begin, end);
      if (path.startsWith("record/")) largest = Math.max(largest, bytes?.byteLength ?? 0);
      return bytes;
    };
    await disk.write("record/001", [Buffer.alloc(BLOCK_BYTES * 3, "x")], 0);
    expect(await codeOf((await openAt(disk)).readRecord(256))).toBe("ledger/store-damaged");
    expect(largest).toBe(BLOCK_BYTES);
  });

  it("is none without a store, or with a checkpoint that is not the log's", async () => {
    const path = await mkdtemp(join(tmpdir(), "leix-reader-"));
    expect(await codeOf(openLedgerReader(path, log))).toBe("ledger/store-format");
    await (await openLedgerWriter(path, log)).close();
    await writeFile(join(path, "checkpoint"), encodeUtf8("leix.example/ledger\n0\n\n"));
    expect(await codeOf(openLedgerReader(path, log))).toBe("ledger/checkpoint-invalid");
    expect(await codeOf(openLedgerReader(path, { log: "no key" }))).toBe("tlog/key");
    await rm(path, { recursive: true });
  });

  it("passes on what the disk says", async () => {
    const disk = await createDisk();
    const one = await openAt(disk);
    disk.read = () => Promise.reject(new LeixError("ledger/store-failed", "EIO"));
    expect(await codeOf(one.readRecord(0))).toBe("ledger/store-failed");
  });
});
