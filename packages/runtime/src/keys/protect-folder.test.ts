import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { PARTY_FILES } from "../party-folder.ts";
import { protectFolder } from "./protect-folder.ts";

// Deriving keys from passphrases is meant to take its time.
vi.setConfig({ testTimeout: 30_000 });

it("leaves nothing of a write that was not finished, which may be a secret in the clear", async () => {
  const folder = await mkdtemp(join(tmpdir(), "leix-protect-"));
  try {
    const names = [PARTY_FILES.key, `${PARTY_FILES.key}.4711.draft`];
    for (const name of names) await writeFile(join(folder, name), "a key", { mode: 0o600 });
    const give = async () => "correct horse battery staple";
    expect(await protectFolder(folder, await give(), give)).toEqual([join(folder, PARTY_FILES.key)]);
    expect(await readdir(folder)).toEqual([PARTY_FILES.key]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
