import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeUtf8 } from "@leix/protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { COSIGNED_FILE, createCosignedFile } from "./cosigned-file.ts";

const SIGNATURE = Buffer.alloc(68, 7).toString("base64");
const NOTE = encodeUtf8(`log.example/ledger\n9\n${"A".repeat(43)}=\n\n— log.example/ledger ${SIGNATURE}\n`);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "leix-kept-"));
});
afterEach(() => rm(folder, { recursive: true }));

test("what was saved is kept, and nothing before", async () => {
  expect(await createCosignedFile(folder).load()).toBeNull();
  await createCosignedFile(folder).save(NOTE);
  expect(await createCosignedFile(folder).load()).toEqual(Buffer.from(NOTE));
});

test("what is damaged counts as none, is told once, and gives way to the next", async () => {
  for (const damaged of [NOTE.subarray(0, NOTE.byteLength - 9), encodeUtf8("x"), new Uint8Array(500)]) {
    await writeFile(join(folder, COSIGNED_FILE), damaged);
    const told: string[] = [];
    const memory = createCosignedFile(folder, ({ code }) => told.push(code));
    expect([await memory.load(), await memory.load()]).toEqual([null, null]);
    expect(told).toEqual(["tlog/note"]);
    await memory.save(NOTE);
    expect(await memory.load()).toEqual(Buffer.from(NOTE));
  }
});
