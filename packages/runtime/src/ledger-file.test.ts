import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeUtf8, limits } from "@leix/protocol";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { LedgerFileHeader, type LedgerLine, openLedgerFile, writeLedgerFile } from "./ledger-file.ts";

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "leix-ledger-"));
  file = join(folder, "ledger.ndjson");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function toHeader(records: number): LedgerFileHeader {
  const key = "A".repeat(43);
  const header = { format: "leix-ledger", v: 1, aud: "test.example", anchorKey: key, records };
  return LedgerFileHeader.parse({ ...header, anchorAccount: `A${"Q".repeat(55)}` });
}

async function* give(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield encodeUtf8(text);
}

async function readLines() {
  await using opened = await openLedgerFile(file);
  const lines: (Omit<LedgerLine, "bytes"> & { text: string })[] = [];
  for await (const { bytes, ...line } of opened.lines()) {
    lines.push({ ...line, text: Buffer.from(bytes).toString() });
  }
  return lines;
}

/** Larger than any block that is read or written at once, and none of the same size. */
const MANY = Array.from({ length: 40 }, (_, i) => `${i}`.repeat(30_000 + i));

describe("what was written", () => {
  test("is read again, every record with its place in the file", async () => {
    const { bytes } = await writeLedgerFile(file, toHeader(MANY.length), give(...MANY));
    const content = await readFile(file);
    expect(bytes).toBe(content.byteLength);
    const lines = await readLines();
    expect(lines.map(({ text }) => text)).toEqual(MANY);
    for (const [i, { index, offset, text, isEnded }] of lines.entries()) {
      expect([index, isEnded]).toEqual([i, true]);
      expect(content.subarray(offset, offset + text.length + 1).toString()).toBe(`${text}\n`);
    }
  });

  test("has a canonical header and is for its owner only", async () => {
    await writeLedgerFile(file, toHeader(1), give("{}"));
    const [first] = (await readFile(file, "utf8")).split("\n");
    expect(first).toBe(
      `{"anchorAccount":"A${"Q".repeat(55)}","anchorKey":"${"A".repeat(43)}","aud":"test.example",` +
        '"format":"leix-ledger","records":1,"v":1}',
    );
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    await using opened = await openLedgerFile(file);
    expect(opened.header).toEqual(toHeader(1));
    expect(opened.size).toBe((await stat(file)).size);
  });

  test("may be nothing", async () => {
    await writeLedgerFile(file, toHeader(0), give());
    expect(await readLines()).toEqual([]);
  });

  test("replaces what was there before", async () => {
    await writeLedgerFile(file, toHeader(1), give("one"));
    await writeLedgerFile(file, toHeader(1), give("two"));
    expect((await readLines()).map(({ text }) => text)).toEqual(["two"]);
    expect(await readdir(folder)).toEqual(["ledger.ndjson"]);
  });
});

describe("what cannot be written", () => {
  async function* fail(): AsyncGenerator<Uint8Array> {
    yield encodeUtf8("one");
    throw new RangeError("the source broke");
  }
  const cases: [string, number, () => AsyncGenerator<Uint8Array>, unknown][] = [
    ["a record of two lines", 1, () => give("a\nb"), { code: "record/malformed" }],
    ["fewer records than announced", 2, () => give("one"), { code: "ledger/rolled-back" }],
    ["more records than announced", 1, () => give("one", "two"), { code: "ledger/rolled-back" }],
    ["a source that breaks", 2, fail, { name: "RangeError" }],
  ];
  test.each(cases)("%s leaves what was there, and no half file", async (_name, records, source, error) => {
    await writeLedgerFile(file, toHeader(1), give("before"));
    await expect(writeLedgerFile(file, toHeader(records), source())).rejects.toMatchObject(error as object);
    expect(await readdir(folder)).toEqual(["ledger.ndjson"]);
    expect((await readLines()).map(({ text }) => text)).toEqual(["before"]);
  });
});

describe("what cannot be read", () => {
  const line = JSON.stringify(toHeader(1), Object.keys(toHeader(1)).toSorted());
  const files: [string, string][] = [
    ["nothing", ""],
    ["no line end", line],
    ["another format", `${line.replace("leix-ledger", "other")}\n`],
    ["another version", `${line.replace('"v":1', '"v":2')}\n`],
    ["another spelling", `${line.replace('"v":1', '"v": 1')}\n`],
    ["an unknown member", `${line.replace('"v":1', '"v":1,"w":1')}\n`],
    ["no header at all", `${"x".repeat(5_000)}\n`],
  ];
  test.each(files)("%s", async (_name, text) => {
    await writeFile(file, text);
    await expect(openLedgerFile(file)).rejects.toMatchObject({ code: "ledger/unreadable" });
  });

  test("a file that is not there, and a folder", async () => {
    await expect(openLedgerFile(join(folder, "none"))).rejects.toMatchObject({ code: "ledger/unreadable" });
    await expect(openLedgerFile(folder)).rejects.toMatchObject({ code: "ledger/unreadable" });
  });

  test("a last line that was cut, and one without end: as far as they go", async () => {
    await writeFile(file, `${line}\none\ntwo`);
    expect((await readLines()).map(({ text, isEnded }) => [text, isEnded])).toEqual([
      ["one", true],
      ["two", false],
    ]);
    const endless = "x".repeat(4 * limits.RECORD_BYTES_MAX);
    await writeFile(file, `${line}\none\n${endless}\nlast\n`);
    const lines = await readLines();
    expect(lines).toHaveLength(2);
    expect(lines[1]).toMatchObject({ index: 1, isEnded: false });
    expect(lines[1]?.text.length).toBeGreaterThan(limits.RECORD_BYTES_MAX);
  });
});
