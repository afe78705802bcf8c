import { mkdtemp, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeBase64url, encodeUtf8, LeixError } from "@leix/protocol";
import { cosignCheckpoint, createSigner, encodeNote, encodeVerifierKey, parseNote } from "@leix/tlog";
import { beforeEach, describe, expect, it } from "vitest";
import { encodeErasure } from "../erasure-statement.ts";
import { codeOf, createTestLog } from "../log-key.testkit.ts";
import { countErasable, createRecords } from "../records.testkit.ts";
import type { SimulatedDisk } from "../simulated-disk.testkit.ts";
import { createStore, type TestStore } from "../store.testkit.ts";
import { openLedgerWriter, openWriter } from "../writer.ts";
import { type CheckOptions, checkDisk, checkStore } from "./check-store.ts";
import type { Finding } from "./finding.ts";

let store: TestStore;
beforeEach(async () => {
  store = await createStore([250, 12, 3, 5]);
});

async function check(disk: SimulatedDisk = store.disk, options: Partial<CheckOptions> = {}) {
  return (await checkDisk(disk, { log: store.log.log, ...options })).findings;
}
const put = async (path: string, bytes: Uint8Array) => {
  await store.disk.remove(path);
  await store.disk.write(path, [bytes], 0);
};
const read = async (path: string) => (await store.disk.read(path)) ?? new Uint8Array();
const linesOf = async (path: string) =>
  Buffer.from(await read(path))
    .toString("latin1")
    .split("\n")
    .slice(0, -1);
const putLines = (path: string, lines: readonly string[]) => {
  return put(path, Buffer.from(lines.map((line) => `${line}\n`).join(""), "latin1"));
};

describe("a store that is whole", () => {
  it("has no findings, and says how large it is and how far it is signed", async () => {
    const progress: number[][] = [];
    const options = { log: store.log.log, onProgress: (...args: number[]) => progress.push(args) };
    expect(await checkDisk(store.disk, options)).toEqual({
      size: 270,
      published: 265,
      erased: 0,
      findings: [],
      more: 0,
    });
    expect(progress).toEqual([
      [256, 270],
      [270, 270],
    ]);
  });

  it("may be empty", async () => {
    const { disk } = await createStore([]);
    expect(await check(disk)).toEqual([]);
  });

  it("is not signed before its first checkpoint, which is said", async () => {
    await store.disk.remove("checkpoint");
    expect(await check()).toEqual([
      { code: "ledger/unpublished", file: "checkpoint", detail: "nothing signs what is here" },
    ]);
  });
});

describe("a file", () => {
  it.each([
    "format",
    "record/000",
    "record/001",
    "tile/entries/000",
    "tile/entries/001.p/14",
    "tile/0/000",
    "tile/0/001.p/14",
    "tile/1/000.p/1",
  ])("that is missing is named: %s", async (file) => {
    await store.disk.remove(file);
    expect(await check()).toEqual([expect.objectContaining({ code: "ledger/file-missing", file })]);
  });

  it.each(["tile/entries/000.p/250", "tile/0/001.p/6"])(
    "of an older, narrower tile may be: %s",
    async (file) => {
      await store.disk.remove(file);
      expect(await check()).toEqual([]);
    },
  );

  it.each([
    "notes.txt",
    "drafts/17",
    "tile/0/002",
    "tile/0/001.p/15",
    "tile/1/000",
    "tile/2/000.p/1",
    "tile/entries/x001/000.p/3",
    "tile/entries/000.p/256",
    "tile/entries/000.p/00",
    "tile/entries/000.p",
    "tile/9/000",
    "record/002",
    "record/x001/000",
    "record/000.p/4",
    "checkpoint.old",
  ])("that no such store has is a stray: %s", async (file) => {
    const { disk } = store;
    if (file === "tile/entries/000.p") {
      await disk.remove("tile/entries/000.p/250");
      await disk.remove(file);
    }
    const folders = file.split("/").slice(0, -1);
    for (const [at] of folders.entries()) await disk.makeFolder(folders.slice(0, at + 1).join("/"));
    await disk.write(file, [encodeUtf8("something")], 0);
    expect(await check()).toEqual([expect.objectContaining({ code: "ledger/file-stray", file })]);
  });

  it("that the disk cannot read is named, and does not end the check", async () => {
    const read = store.disk.read.bind(store.disk);
    store.disk.read = (path, ...range) =>
      path === "tile/0/000"
        ? Promise.reject(new LeixError("ledger/store-failed", "EIO"))
        : read(path, ...range);
    expect(await check()).toEqual([
      { code: "ledger/store-failed", file: "tile/0/000", detail: "EIO" },
      { code: "ledger/file-missing", file: "tile/0/000", detail: "all of it" },
    ]);
  });

  it("that is cut short, or goes on, is found where it does", async () => {
    for (const file of ["tile/0/000", "tile/entries/001.p/14", "tile/1/000.p/1", "format"]) {
      const whole = await read(file);
      await put(file, whole.subarray(0, -5));
      const found = { code: "ledger/bytes-differ", file };
      expect(await check()).toEqual([expect.objectContaining({ ...found, at: whole.byteLength - 5 })]);
      await put(file, Buffer.concat([whole, Buffer.from("more")]));
      expect(await check()).toEqual([expect.objectContaining({ ...found, at: whole.byteLength })]);
      await put(file, whole);
    }
  });
});

describe("the records of a bundle", () => {
  const file = "record/000";
  it("are blamed one by one: changed, gone, doubled, swapped, put in", async () => {
    const lines = await linesOf(file);
    const starts = lines.map((_, at) => lines.slice(0, at).reduce((sum, line) => sum + line.length + 1, 0));
    const [at, end] = [starts[7] ?? 0, starts[8] ?? 0];
    const changed = lines.with(7, lines[7]?.replace("decision", "dEcision") ?? "");
    await putLines(file, changed);
    const differs = { code: "ledger/record-differs", file };
    expect(await check()).toEqual([{ ...differs, at, end, detail: "record 7" }]);
    await putLines(file, lines.toSpliced(7, 1));
    expect(await check()).toEqual([{ ...differs, at, end: at, detail: "0 lines in place of record 7" }]);
    await putLines(file, lines.toSpliced(7, 0, lines[7] ?? ""));
    expect(await check()).toEqual([expect.objectContaining({ code: "ledger/file-stray", file, at: end })]);
    await putLines(file, lines.with(7, lines[8] ?? "").with(8, lines[7] ?? ""));
    expect((await check()).map(({ code, file: of }) => [code, of])).toEqual([
      ["ledger/record-differs", file],
      ["ledger/file-stray", file],
    ]);
    await putLines(file, lines.toSpliced(3, 0, "{}", "[]"));
    expect(await check()).toEqual([
      expect.objectContaining({ code: "ledger/file-stray", file, at: starts[3] }),
    ]);
    await putLines(file, lines.with(7, "x".repeat(1_100_000)));
    expect(await check()).toEqual([{ ...differs, at, end: at + 1_100_001, detail: "record 7" }]);
  });

  it("are all gone in a flood of lines, which is not read to its end", async () => {
    await putLines(file, new Array(5_000).fill("x"));
    expect(await check()).toEqual([
      {
        code: "ledger/record-differs",
        file,
        at: 0,
        end: 10_001,
        detail: "513 lines in place of records 0 to 255",
      },
    ]);
  });

  it("end with a line end", async () => {
    const last = await read("record/001");
    await put("record/001", last.subarray(0, -1));
    expect(await check()).toEqual([
      {
        code: "ledger/record-differs",
        file: "record/001",
        at: last.byteLength - 1,
        detail: "the last line end",
      },
    ]);
  });

  it("may be missing below the seal that the store names, but statements and seals", async () => {
    const writer = await openWriter(store.disk, store.log.policy);
    const [, , , , once = ""] = await linesOf("record/000");
    await writer.eraseRecords(260, 0);
    await writer.close();
    const report = await checkDisk(store.disk, { log: store.log.log });
    expect(report).toMatchObject({ findings: [], erased: countErasable(260) });
    const lines = await linesOf("record/000");
    await putLines("record/000", lines.with(150, ""));
    expect(await check()).toMatchObject([{ code: "ledger/record-erased", detail: "record 150" }]);
    await putLines("record/000", lines.with(4, once));
    expect(await check()).toMatchObject([
      { code: "ledger/file-stray", file: "record/000", detail: "record 4, which was erased" },
    ]);
    await putLines("record/000", lines);
    await store.disk.remove("erased");
    const found = await check();
    expect(found.length).toBe(countErasable(260));
    expect(new Set(found.map(({ code }) => code))).toEqual(new Set(["ledger/record-erased"]));
  });

  it("are said to be erased below what is no seal, or by a damaged file: that is named", async () => {
    const writer = await openWriter(store.disk, store.log.policy);
    const { seal } = await writer.eraseRecords(260, 0);
    await writer.close();
    const bytes = store.disk.open("erased");
    bytes[7] = 0x38;
    expect(await check()).toMatchObject([{ code: "ledger/bytes-differ", file: "erased" }]);
    const forge = async (index: number): Promise<readonly Finding[]> => {
      const forged = encodeErasure({ seal: { ...seal, index }, at: 0, isDone: true });
      await put("erased", forged);
      return await check();
    };
    expect((await forge(259))[0]).toMatchObject({ code: "ledger/bytes-differ", file: "erased" });
    expect(await forge(260)).toEqual([]);
    expect((await forge(1_000))[0]).toMatchObject({ code: "ledger/bytes-differ", file: "erased" });
  });

  it("are those that parse, unless that is not asked", async () => {
    const { disk, log } = await createStore([]);
    const writer = await openWriter(disk, log.policy);
    const [record = new Uint8Array()] = createRecords(0, 1);
    const text = Buffer.from(record).toString();
    await writer.append([
      record,
      encodeUtf8(text.replace(/\.[\w-]{86}~/, `.${encodeBase64url(new Uint8Array(9))}~`)),
    ]);
    await writer.publish(await log.sign(writer.head));
    await writer.close();
    const at = record.byteLength + 1;
    expect(await check(disk)).toEqual([
      expect.objectContaining({ code: "jws/malformed", file, at, detail: "record 1" }),
    ]);
    expect(await check(disk, { records: "digests" })).toEqual([]);
  });
});

describe("the checkpoint", () => {
  it("is of this tree", async () => {
    const other = await createStore([260, 5], true);
    const note = await store.log.sign({ size: 265, root: new Uint8Array(32).fill(3) });
    await put("checkpoint", note);
    expect(await check()).toEqual([
      { code: "ledger/root-differs", file: "checkpoint", detail: "at size 265" },
    ]);
    await put("checkpoint", await store.log.sign({ size: 0, root: new Uint8Array(32) }));
    expect(await check()).toEqual([{ code: "ledger/root-differs", file: "checkpoint", detail: "at size 0" }]);
    await put("checkpoint", (await other.disk.read("checkpoint")) ?? new Uint8Array());
    expect(await check()).toEqual([]);
  });

  it("covers no more than there is", async () => {
    await put("checkpoint", await store.log.sign({ size: 300, root: new Uint8Array(32) }));
    const codes = new Set((await check()).map(({ code }) => code));
    expect(codes.has("ledger/file-missing")).toBe(true);
  });

  it("is signed by the log, and by nobody whose key is not given", async () => {
    const codes = async (options: Partial<CheckOptions> = {}) =>
      (await check(store.disk, options)).map(({ code, file }) => `${code} ${file}`);
    const stranger = await createTestLog(2);
    await put("checkpoint", await stranger.sign({ size: 265, root: new Uint8Array(32) }));
    expect(await codes()).toEqual(["ledger/checkpoint-invalid checkpoint"]);
    store = await createStore([250, 12, 3, 5]);
    const note = parseNote(await read("checkpoint"));
    const key = stranger.signer.key.publicKey;
    const jwk = { kty: "OKP", crv: "Ed25519", x: encodeBase64url(key) } as const;
    expect(jwk.x).toHaveLength(43);
    const witness = await createSigner("w/AL", "cosignature/v1", stranger.key);
    const line = await cosignCheckpoint(note.text, 1_790_000_000, witness);
    await put("checkpoint", encodeNote({ ...note, signatures: [...note.signatures, line] }));
    expect(await codes()).toEqual(["ledger/checkpoint-invalid checkpoint"]);
    expect(await codes({ witnesses: [encodeVerifierKey(witness.key)] })).toEqual([]);
    await put("checkpoint", encodeNote({ ...note, signatures: [...note.signatures, ...note.signatures] }));
    expect(await codes()).toEqual(["ledger/checkpoint-invalid checkpoint"]);
  });
});

it("what nothing says any more is said", async () => {
  for (const file of [
    "record/000",
    "tile/entries/000",
    "tile/entries/000.p/250",
    "tile/0/000",
    "tile/0/000.p/250",
  ]) {
    await store.disk.remove(file);
  }
  const found = await check();
  expect(found.map(({ code, file }) => `${code} ${file}`)).toEqual([
    "ledger/file-missing record/000",
    "ledger/file-missing tile/entries/000",
    "ledger/file-missing tile/0/000",
    "ledger/root-differs checkpoint",
  ]);
});

it("of more findings than one reads, the others are counted", async () => {
  const { disk, log } = await createStore([1_000, 1_000, 1], true);
  for (let bundle = 0; bundle < 7; bundle++) {
    const path = `record/00${bundle}`;
    const text = Buffer.from((await disk.read(path)) ?? []).toString("latin1");
    await disk.write(path, [Buffer.from(text.replaceAll("decision", "dEcision"), "latin1")], 0);
  }
  const { findings, more } = await checkDisk(disk, { log: log.log });
  expect([findings.length, more]).toEqual([1_000, 7 * 256 - 1_000]);
});

describe("on a real disk", () => {
  it("a store is checked beside its writer as far as it is published, whole only without one", async () => {
    const folder = await mkdtemp(join(tmpdir(), "leix-check-"));
    const { log, records } = store;
    try {
      expect(await codeOf(checkStore(folder, log))).toBe("ledger/store-format");
      expect(await codeOf(checkStore(join(folder, "absent"), log))).toBe("ledger/store-format");
      const writer = await openLedgerWriter(folder, log);
      await writer.append(records.slice(0, 100));
      await writer.publish(await log.sign(writer.head));
      await writer.append(records.slice(100, 260));
      expect(await codeOf(checkStore(folder, log))).toBe("ledger/store-locked");
      const published = { ...log, extent: "published" } as const;
      expect(await checkStore(folder, published)).toMatchObject({ size: 100, findings: [] });
      await rm(join(folder, "tile/entries/000.p/100"));
      expect(await checkStore(folder, published)).toMatchObject({ size: 100, findings: [] });
      await truncate(join(folder, "tile/entries/000"), 5_000);
      expect((await checkStore(folder, published)).findings).toEqual([
        expect.objectContaining({ code: "ledger/bytes-differ", file: "tile/entries/000" }),
      ]);
      await writer.close();
      await writeFile(join(folder, "writer.lock"), "not empty");
      await symlink("/dev/zero", join(folder, "tile/0/777"));
      expect(await codeOf(checkStore(folder, log))).toBe("ledger/store-failed");
      await truncate(join(folder, "writer.lock"), 0);
      expect((await checkStore(folder, log)).findings).toEqual([
        expect.objectContaining({ code: "ledger/bytes-differ", file: "tile/entries/000" }),
        expect.objectContaining({ code: "ledger/file-stray", file: "tile/0/777" }),
      ]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
