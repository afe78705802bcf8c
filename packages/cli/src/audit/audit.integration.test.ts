import { execFile } from "node:child_process";
import { mkdtemp, open, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type RecordedNetwork, startRecordedNetwork } from "@leix/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const LEIX = fileURLToPath(new URL("../main.ts", import.meta.url));
let net: RecordedNetwork;
let root: string;
let dir: string;
let count: number;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "leix-audit-"));
  net = await startRecordedNetwork();
  ({ dir } = net);
  await net.recordGenesis();
  count = net.messages.length;
});
afterAll(async () => {
  await net?.[Symbol.asyncDispose]();
  await rm(root, { recursive: true, force: true });
});

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The command itself, as a person calls it. */
function leix(...args: readonly string[]): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(process.execPath, [LEIX, "--dir", dir, "audit", ...args], (error, out, err) => {
      resolve({ code: error ? Number(error.code) : 0, out, err });
    });
  });
}

async function replay(...args: readonly string[]) {
  const { code, out } = await leix("replay", "--json", ...args);
  return { code, ...JSON.parse(out.trimEnd().split("\n").at(-1) ?? "") };
}

describe("leix audit", () => {
  it("replays the broker's ledger, and the same from an export", async () => {
    expect((await replay()).code).toBe(3);
    const live = await replay("--without-checkpoint");
    expect(live).toMatchObject({ code: 0, checked: count, ledger: count, mismatches: 0, differences: [] });
    const file = join(root, "ledger.ndjson");
    const exported = await leix("export", "--from-broker", "--out", file);
    expect([exported.code, exported.err]).toEqual([0, ""]);
    const { durationMs: _l, ...one } = live;
    const { durationMs: _c, ...other } = await replay("--without-checkpoint", "--file", file);
    expect(other).toEqual(one);
    expect((await readFile(file, "utf8")).split("\n")).toHaveLength(count + 2);
  });

  it("needs neither network nor broker for an export, only whom to trust", async () => {
    const file = join(root, "ledger.ndjson");
    await leix("export", "--out", file);
    const trust = join(dir, "agencies", "AL-SPOC", "party.json");
    const args = [
      "--dir",
      "/nowhere",
      "audit",
      "replay",
      "--without-checkpoint",
      "--file",
      file,
      "--trust",
      trust,
    ];
    const ran = await new Promise<Ran>((resolve) => {
      execFile(process.execPath, [LEIX, ...args], (error, out, err) => {
        resolve({ code: error ? Number(error.code) : 0, out, err });
      });
    });
    expect([ran.code, ran.err]).toEqual([0, ""]);
    expect(ran.out).toContain(`${count} of ${count} records`);
  });

  it("names the record and the byte where an export was changed, and fails", async () => {
    const file = join(root, "changed.ndjson");
    await leix("export", "--out", file);
    const content = await readFile(file);
    const at = Math.floor(content.byteLength / 2);
    {
      await using handle = await open(file, "r+");
      await handle.write(Uint8Array.of((content[at] ?? 0) ^ 1), 0, 1, at);
    }
    const offset = content.lastIndexOf(10, at - 1) + 1;
    const index = content.subarray(0, offset).filter((byte) => byte === 10).length - 1;
    const found = await replay("--file", file);
    expect(found).toMatchObject({ code: 1, mismatches: 1, differences: [{ index, offset }] });
    const { code, out } = await leix("replay", "--file", file);
    expect(code).toBe(1);
    expect(out).toContain(`record ${index}, byte ${offset.toLocaleString("en-GB")}`);
    if (found.broken) expect(out).toMatch(/▕█+✗·+▏/);
  });

  it("says what cannot be read, with a code and what to do", async () => {
    const missing = await leix("replay", "--file", join(root, "none"));
    expect([missing.code, missing.err]).toEqual([1, expect.stringContaining("[ledger/unreadable]")]);
    const untrusted = await leix(
      "replay",
      "--file",
      join(root, "ledger.ndjson"),
      "--trust",
      join(root, "none"),
    );
    expect([untrusted.code, untrusted.err]).toEqual([1, expect.stringContaining("[config/invalid]")]);
  });
});
