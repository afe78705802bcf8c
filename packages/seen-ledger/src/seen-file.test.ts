import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toDigest } from "@leix/protocol";
import { appendLeafHashes, createRange, hashLeaf } from "@leix/tlog";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Seen } from "./seen.ts";
import { createSeenFile, SEEN_FILE } from "./seen-file.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "leix-seen-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function toSeen(records: number): Seen {
  const leaves = Array.from({ length: records }, (_, i) => hashLeaf(Uint8Array.of(i % 256)));
  return { records, digest: toDigest(String(records)), tree: appendLeafHashes(createRange(), leaves) };
}

test("what was kept last is remembered, in one file", async () => {
  const memory = createSeenFile(folder);
  expect(await memory.load()).toBeUndefined();
  for (const records of [1, 2, 300]) {
    await memory.save(toSeen(records));
    expect(await createSeenFile(folder).load()).toEqual(toSeen(records));
  }
  expect(await readdir(folder)).toEqual([SEEN_FILE]);
});

test("an instance that is behind takes nothing away", async () => {
  await createSeenFile(folder).save(toSeen(7));
  await createSeenFile(folder).save(toSeen(6));
  expect(await createSeenFile(folder).load()).toEqual(toSeen(7));
});

test("of two instances each may know the newer checkpoint", async () => {
  const { root } = { root: new Uint8Array(32) };
  const [early, late] = [5, 6].map((size) => ({ size, root, at: size }));
  await createSeenFile(folder).save({ ...toSeen(7), ...(early ? { checkpoint: early } : {}) });
  await createSeenFile(folder).save({ ...toSeen(6), ...(late ? { checkpoint: late } : {}) });
  expect(await createSeenFile(folder).load()).toEqual({ ...toSeen(7), checkpoint: late });
  await createSeenFile(folder).save(toSeen(8));
  expect(await createSeenFile(folder).load()).toEqual({ ...toSeen(8), checkpoint: late });
});

test("a file that cannot be read is an error: it must not pass for nothing seen", async () => {
  const memory = createSeenFile(folder);
  await memory.save(toSeen(3));
  const kept = JSON.parse(await readFile(join(folder, SEEN_FILE), "utf8"));
  const beyond = { size: 4, root: kept.digest, at: 0 };
  const broken = [
    {},
    { ...kept, checkpoint: beyond },
    { ...kept, records: -1 },
    { ...kept, v: 2 },
    { ...kept, records: 4 },
  ];
  for (const text of ["", ...broken.map((one) => JSON.stringify(one))]) {
    await writeFile(join(folder, SEEN_FILE), text);
    await expect(memory.load()).rejects.toMatchObject({ code: "config/invalid" });
  }
});

test("drafts of processes that were killed are removed; one that is being written stays", async () => {
  const [old, fresh] = [`${SEEN_FILE}.1.draft`, `${SEEN_FILE}.2.draft`];
  for (const name of [old, fresh, "other"]) await writeFile(join(folder, name), "");
  await utimes(join(folder, old), 1, 1);
  await createSeenFile(folder).load();
  expect((await readdir(folder)).toSorted()).toEqual(["other", fresh].toSorted());
});

test("a folder that is not there cannot keep anything", async () => {
  const memory = createSeenFile(join(folder, "none"));
  await expect(memory.save(toSeen(1))).rejects.toBeInstanceOf(Error);
});
