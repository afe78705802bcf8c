import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createNetwork,
  createPassphraseSource,
  createPlan,
  loadPolicyFiles,
  protectFolder,
} from "@leix/runtime";
import { expect, test, vi } from "vitest";
import { loadLedgerExpiring, loadLedgerFolder } from "./ledger-folder.ts";

// Deriving keys from passphrases is meant to take its time.
vi.setConfig({ testTimeout: 60_000 });

test("the passphrase is asked for once, also for what is looked at again and again", async () => {
  const root = await mkdtemp(join(tmpdir(), "leix-ledger-"));
  const file = join(root, "passphrase");
  try {
    await createNetwork(createPlan({ countries: ["AL", "RS"] }), root, { policyFiles: loadPolicyFiles() });
    await writeFile(file, "correct horse battery staple", { mode: 0o600 });
    const own = join(root, "services", "ledger");
    await protectFolder(own, "correct horse battery staple", createPassphraseSource(file));
    vi.stubEnv("LEIX_KEY_PASSPHRASE_FILE", file);
    const folder = await loadLedgerFolder(root);
    expect(folder.key.alg).toBe("Ed25519");
    await rm(file);
    expect((await loadLedgerExpiring(folder)).map(({ owner }) => owner)).toContain("ledger");
  } finally {
    vi.unstubAllEnvs();
    await rm(root, { recursive: true, force: true });
  }
});
