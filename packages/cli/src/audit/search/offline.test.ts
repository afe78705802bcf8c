import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createSignedLedger, writeSignedExport } from "../signed-ledger.testkit.ts";
import { addIndexCommand, addSearchCommand } from "./command.ts";

const ledger = await createSignedLedger();
const size = ledger.records.length;

let folder: string;
let file: string;
let said: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "leix-offline-"));
  file = join(folder, "index.sqlite");
  await writeFile(join(folder, "trust.json"), JSON.stringify(ledger.world.trust));
  await writeSignedExport(
    join(folder, "ledger.ndjson"),
    ledger,
    await ledger.sign(ledger.headAt(ledger.records.length)),
  );
  said = "";
  vi.spyOn(process.stdout, "write").mockReturnValue(true);
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    said += text;
    return true;
  });
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true, force: true });
});

function audit(...words: readonly string[]): Promise<unknown> {
  const program = new Command().option("--dir <folder>");
  addSearchCommand(program);
  addIndexCommand(program);
  const all = ["--dir", folder, ...words, "--trust", join(folder, "trust.json")];
  return program.parseAsync(all, { from: "user" });
}

test("an offline search without an index is refused, and makes none", async () => {
  const searched = audit("search", "--offline", "--index", file);
  await expect(searched).rejects.toMatchObject({ code: "audit/index-unusable" });
  expect([existsSync(file), said]).toEqual([false, ""]);
});

test("an offline search says up to which record it goes", async () => {
  await audit("index", file, "--file", join(folder, "ledger.ndjson"));
  await audit("search", "--offline", "--index", file);
  expect(said).toBe(`The index ends with record ${size - 1}: what came later was not searched.\n`);
  said = "";
  await audit("search", "--index", file, "--file", join(folder, "ledger.ndjson"));
  expect(said).toBe("");
});
