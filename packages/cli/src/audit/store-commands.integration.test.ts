import { execFile } from "node:child_process";
import { mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createVerifier, parseForkProof, parseVerifierKey, verifyFork } from "@leix/tlog";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createSignedLedger, writeSignedExport } from "./signed-ledger.testkit.ts";

const LEIX = fileURLToPath(new URL("../main.ts", import.meta.url));
const ledger = await createSignedLedger();
const { records, vkey } = ledger;
const size = records.length;

let root: string;
let trust: string;
let file: string;
let store: string;
let newer: string;
let older: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "leix-audit-store-"));
  trust = join(root, "trust.json");
  file = join(root, "ledger.ndjson");
  store = join(root, "store");
  newer = join(root, "newer");
  older = join(root, "older");
  await writeFile(trust, JSON.stringify(ledger.world.trust));
  await writeFile(newer, await ledger.sign(ledger.headAt(size)));
  await writeFile(older, await ledger.sign(ledger.headAt(9)));
  await writeSignedExport(file, ledger, await readFile(newer));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** The command itself, as a person calls it. */
function leix(...args: readonly string[]): Promise<{ readonly code: number; readonly out: string }> {
  return new Promise((resolve) => {
    const all = [LEIX, "--dir", "/nowhere", "audit", ...args, "--trust", trust];
    execFile(process.execPath, all, (error, out, err) => {
      resolve({ code: error ? Number(error.code) : 0, out: `${out}${err}` });
    });
  });
}

async function flip(path: string): Promise<void> {
  await using handle = await open(path, "r+");
  const at = Math.floor((await handle.stat()).size / 2);
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, at);
  await handle.write(Uint8Array.of(buffer.readUInt8(0) ^ 1), 0, 1, at);
}

describe("leix audit, of a store", () => {
  it("imports an export, and exports the very same file", async () => {
    const imported = await leix("import", file, store);
    expect(imported).toMatchObject({ code: 0, out: expect.stringContaining(`${size} records in ${store}`) });
    expect(imported.out).toContain("the same as the checkpoint's");
    const again = join(root, "again.ndjson");
    expect(await leix("export", "--store", store, "--out", again)).toMatchObject({ code: 0 });
    expect(await readFile(again)).toEqual(await readFile(file));
  });

  it("verifies a checkpoint, and that a newer one extends it", async () => {
    const verified = await leix("verify", older, "--store", store);
    expect(verified).toMatchObject({ code: 0, out: expect.stringContaining(`signed by    ${vkey}`) });
    expect((await leix("consistency", older, newer, "--store", store)).out).toContain("the first 9 of its");
    expect((await leix("consistency", older, newer, "--file", file)).out).toContain("the first 9 of its");
    const backwards = await leix("consistency", newer, older, "--store", store);
    expect(backwards).toMatchObject({ code: 1, out: expect.stringContaining("[tlog/size]") });
    expect(backwards.out).toContain("name the older one first");
    const quorum = await leix("verify", older, "--store", store, "--quorum", "1");
    expect(quorum).toMatchObject({ code: 1, out: expect.stringContaining("[tlog/policy]") });
    const forged = join(root, "forged");
    await writeFile(forged, await ledger.sign({ ...ledger.headAt(8), size: 9 }));
    const refused = await leix("verify", forged, "--store", store);
    expect(refused).toMatchObject({ code: 1, out: expect.stringContaining("[ledger/root-differs]") });
    expect(refused.out).toContain("--fork-out <file> writes a proof");
  });

  it("says who cosigned, and asks for a quorum only where it is told to", async () => {
    const verified = await leix("verify", older, "--store", store);
    expect(verified.out).toContain("cosigned     by none; this exchange asks for none");
    expect((await leix("verify", older, "--store", store, "--quorum", "0")).code).toBe(0);
    const told = await leix("verify", older, "--store", store, "--log", vkey);
    expect(told).toMatchObject({ code: 0, out: expect.stringContaining("cosigned     not looked at") });
  });

  it("proves to everybody that the log has two histories, from tiles and from records", async () => {
    const [forged, proof] = [join(root, "of-two-histories"), join(root, "fork.txt")];
    await writeFile(forged, await ledger.sign({ ...ledger.headAt(8), size: 9 }));
    const verifiers = [await createVerifier(parseVerifierKey(vkey, "ed25519"))];
    for (const place of [
      ["verify", forged, "--store", store],
      ["verify", forged, "--store", store, "--quorum", "1"],
      ["verify", forged, "--file", file],
      ["consistency", forged, newer, "--file", file],
      ["replay", "--checkpoint", forged, "--store", store],
    ]) {
      await rm(proof, { force: true });
      const found = await leix(...place, "--fork-out", proof);
      expect(found).toMatchObject({ code: 1, out: expect.stringContaining("[ledger/forked]") });
      expect(found.out).toContain(Buffer.from(ledger.headAt(9).root).toString("base64"));
      const {
        first,
        second,
        root: other,
      } = await verifyFork(parseForkProof(await readFile(proof)), () => {
        return verifiers;
      });
      expect([first.size, second.size]).toEqual([9, size]);
      expect([first.root, other]).toEqual([ledger.headAt(8).root, ledger.headAt(9).root]);
    }
    const early = join(root, "early.ndjson");
    await writeSignedExport(early, ledger, await readFile(older));
    await writeFile(forged, await ledger.sign({ ...ledger.headAt(8), size: 12 }));
    await rm(proof);
    const found = await leix("verify", forged, "--file", early, "--fork-out", proof);
    expect(found).toMatchObject({ code: 1, out: expect.stringContaining("No proof of it can be made") });
    await expect(readFile(proof)).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("ends with 3 where no checkpoint is of all records, unless that is enough", async () => {
    const early = join(root, "early.ndjson");
    await writeSignedExport(early, ledger, await readFile(older));
    const found = await leix("replay", "--file", early);
    expect([found.code, found.out]).toEqual([3, expect.stringContaining("are under no checkpoint yet")]);
    expect((await leix("replay", "--file", early, "--checkpoint", newer)).code).toBe(0);
    expect((await leix("replay", "--file", early, "--without-checkpoint")).code).toBe(0);
  });

  it("finds a damaged byte, and restores it from the export", async () => {
    expect(await leix("fsck", store)).toMatchObject({ code: 0, out: expect.stringContaining("none") });
    await flip(join(store, "record", "000"));
    const found = await leix("fsck", store);
    expect([found.code, found.out]).toEqual([
      1,
      expect.stringMatching(/^record\/000, byte [0-9,]+.*\[ledger\//m),
    ]);
    const repaired = await leix("fsck", store, "--repair", "--from", file);
    expect([repaired.code, repaired.out]).toEqual([0, expect.stringContaining("restored from source")]);
    expect((await leix("fsck", store)).code).toBe(0);
  });

  it("looks at the note beside the store too, and removes one that is damaged", async () => {
    const kept = join(store, "..", "cosigned");
    await writeFile(kept, "nothing that anybody signed");
    const found = await leix("fsck", store);
    expect([found.code, found.out]).toEqual([1, expect.stringMatching(/^\.\.\/cosigned: .*\[ledger\//m)]);
    const repaired = await leix("fsck", store, "--repair", "--from", file);
    expect([repaired.code, repaired.out]).toEqual([0, expect.stringContaining("../cosigned: removed")]);
    expect((await leix("fsck", store)).code).toBe(0);
  });

  it("says that the copy's checkpoint is older than what was lost, and keeps what shows it", async () => {
    const [kept, early] = [join(store, "..", "cosigned"), join(root, "early.ndjson")];
    await writeFile(kept, await readFile(newer));
    await writeSignedExport(early, ledger, await readFile(older));
    await flip(join(store, "checkpoint"));
    const repaired = await leix("fsck", store, "--repair", "--from", early);
    const left = `of size 9; ${size - 9} records after it are under no checkpoint until the next one`;
    expect([repaired.code, repaired.out]).toEqual([1, expect.stringContaining(left)]);
    expect(repaired.out).toMatch(/^\.\.\/cosigned: .*\[audit\/records-missing\]$/m);
    expect(await readFile(kept)).toEqual(await readFile(newer));
    await rm(kept);
    await flip(join(store, "checkpoint"));
    expect((await leix("fsck", store, "--repair", "--from", file)).code).toBe(0);
    expect(await readFile(join(store, "checkpoint"))).toEqual(await readFile(newer));
  });

  it("says of a folder without a store that none is there", async () => {
    const missing = await leix("fsck", join(root, "no-store"));
    expect([missing.code, missing.out]).toEqual([1, expect.stringContaining("[ledger/store-format]")]);
    expect(missing.out).toContain("no store is here");
    expect(missing.out).not.toContain("not empty");
  });

  it("goes on from its own file", async () => {
    const memory = join(root, "memory");
    const first = await leix("replay", "--store", store, "--resume", memory, "--json");
    expect(JSON.parse(first.out)).toMatchObject({ checked: size, resumed: null, mismatches: 0 });
    const again = await leix("replay", "--store", store, "--resume", memory, "--checkpoint", newer, "--json");
    expect(JSON.parse(again.out)).toMatchObject({ checked: size, resumed: size, mismatches: 0 });
  });
});
