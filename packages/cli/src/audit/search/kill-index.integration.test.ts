import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { encodeCanonical } from "@leix/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createLedger, writeExport } from "../export.testkit.ts";
import { openFileSource } from "../file-source.ts";
import { openSearchIndex } from "./database.ts";
import { CHUNK_RECORDS, MOMENTS } from "./kill-index.testkit.ts";
import { updateIndex } from "./update-index.ts";

const CHILD = fileURLToPath(new URL("kill-index.testkit.ts", import.meta.url));
const ledger = await createLedger();
const { trust } = ledger.world;
const chunks = Math.ceil(ledger.records.length / CHUNK_RECORDS);
let folder: string;
let path: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "leix-index-"));
  path = join(folder, "ledger.ndjson");
  await writeExport(path, ledger.records, trust);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function update(file: string) {
  await using source = await openFileSource(path, trust);
  using index = openSearchIndex(file, trust);
  const added = await updateIndex(index, trust, source);
  return {
    added,
    head: index.head(),
    hits: index.select("", [], 1_000),
    statements: index.listStatements(0, 1_000),
  };
}

const moments = MOMENTS.flatMap((moment) =>
  [0, Math.floor(chunks / 2), chunks - 1].map((at) => [moment, at] as const),
);

test.each(moments)("killed %s chunk %i is written, the index goes on from there", async (moment, at) => {
  const file = join(folder, `${moment}-${at}.sqlite`);
  const args = [CHILD, file, path, encodeCanonical(trust), String(at), moment];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] });
  let complaint = "";
  child.stderr.on("data", (bytes) => {
    complaint += String(bytes);
  });
  const [, signal] = await once(child, "exit");
  expect([signal, complaint]).toEqual(["SIGKILL", ""]);
  const written = Math.min((moment === "after" ? at + 1 : at) * CHUNK_RECORDS, ledger.records.length);
  const { added, ...mended } = await update(file);
  const { added: all, ...whole } = await update(join(folder, `${moment}-${at}-whole.sqlite`));
  expect([added, all]).toEqual([ledger.records.length - written, ledger.records.length]);
  expect(mended).toEqual(whole);
  expect(mended.hits).toHaveLength(ledger.records.length);
});
