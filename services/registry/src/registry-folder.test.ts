import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createNetwork,
  createPassphraseSource,
  createPlan,
  loadPolicyFiles,
  PARTY_FILES,
  protectFolder,
} from "@leix/runtime";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { loadRegistryExpiring, loadRegistryFolder } from "./registry-folder.ts";

// Deriving keys from passphrases is meant to take its time.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 60_000 });

const PASSPHRASE = "correct horse battery staple";
let root: string;
let folder: string;
let passphraseFile: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "leix-registry-"));
  await createNetwork(createPlan({ countries: ["AL", "RS"] }), root, { policyFiles: loadPolicyFiles() });
  folder = join(root, "services", "registry");
  passphraseFile = join(root, "passphrase");
  await writeFile(passphraseFile, PASSPHRASE, { mode: 0o600 });
  await protectFolder(folder, PASSPHRASE, createPassphraseSource(passphraseFile));
  vi.stubEnv("LEIX_KEY_PASSPHRASE_FILE", passphraseFile);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(root, { recursive: true, force: true });
});

test("the passphrase is asked for once, and what ends is seen without the key that certifies", async () => {
  const registry = await loadRegistryFolder(root);
  const { authority } = await registry.loadIssuer();
  expect(authority.key).toContain("PRIVATE KEY");
  await rm(passphraseFile);
  expect(await registry.loadIssuer()).toMatchObject({ authority });
  await rm(join(folder, PARTY_FILES.issuerKey));
  const things = (await loadRegistryExpiring(registry)).map(({ what, owner }) => `${what} of ${owner}`);
  expect(things.toSorted()).toEqual([
    "the NATS credentials of pusher",
    "the NATS credentials of registry",
    "the certificate of the network's authority of LEIX-CA",
    "the certificate to certify clients of registry",
    "the client certificate of registry",
  ]);
});
