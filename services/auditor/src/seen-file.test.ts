import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toDigest } from "@leix/protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createSeenFile, SEEN_FILE } from "./seen-file.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "leix-seen-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test("what was kept last is remembered, in one file", async () => {
  const memory = createSeenFile(folder);
  expect(await memory.load()).toBeUndefined();
  for (const records of [1, 2, 300]) {
    const seen = { records, digest: toDigest(String(records)) };
    await memory.save(seen);
    expect(await createSeenFile(folder).load()).toEqual(seen);
  }
  expect(await readdir(folder)).toEqual([SEEN_FILE]);
});

test("a file that cannot be read is an error: it must not pass for nothing seen", async () => {
  const memory = createSeenFile(folder);
  for (const text of ["", "{}", '{"v":1,"records":-1,"digest":"x"}', '{"v":2}']) {
    await writeFile(join(folder, SEEN_FILE), text);
    await expect(memory.load()).rejects.toMatchObject({ code: "config/invalid" });
  }
});

test("a folder that is not there cannot keep anything", async () => {
  const memory = createSeenFile(join(folder, "none"));
  await expect(memory.save({ records: 1, digest: toDigest("") })).rejects.toBeInstanceOf(Error);
});
