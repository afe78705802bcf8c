import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createNkey, toAccountId } from "@leix/broker";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { isEncrypted } from "./keys/encrypted-secret.ts";
import { protectFolder } from "./keys/protect-folder.ts";
import { createSigningKey } from "./network/key-pairs.ts";
import { loadSigningKey, PARTY_FILES } from "./party-folder.ts";
import { createServiceKey, installServiceKey } from "./service-key.ts";

// Deriving keys from passphrases is meant to take its time.
vi.setConfig({ testTimeout: 30_000 });

const PASSPHRASE = "correct horse battery staple";
const give = async () => PASSPHRASE;
const now = new Date();

let folder: string;
let signing: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "leix-service-key-"));
  signing = join(folder, PARTY_FILES.signing);
  const party = {
    v: 1,
    id: "policy",
    aud: "demo.leix.example",
    anchorKey: "A".repeat(43),
    anchorAccount: toAccountId(createNkey("account")),
    servers: ["tls://localhost:4222"],
  };
  const { file } = createSigningKey("Ed25519", { nbf: 0, exp: 1 });
  for (const [name, text] of [
    [PARTY_FILES.party, JSON.stringify(party)],
    [PARTY_FILES.key, "a key"],
    [PARTY_FILES.signing, file],
  ] as const) {
    await writeFile(join(folder, name), text, { mode: 0o600 });
  }
  const passphraseFile = join(folder, "passphrase");
  await writeFile(passphraseFile, PASSPHRASE, { mode: 0o600 });
  vi.stubEnv("LEIX_KEY_PASSPHRASE_FILE", passphraseFile);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

const isSealed = async (name: string) => isEncrypted(await readFile(join(folder, name), "utf8"));

it("makes and installs a key that rests as the other secrets do, whatever the old one is", async () => {
  const old = await readFile(signing, "utf8");
  await protectFolder(folder, PASSPHRASE, give);
  // The file of a key in a token stays in the clear: nothing in it is secret.
  await writeFile(signing, old);
  const { key } = await createServiceKey(folder, now);
  expect(await isSealed("signing.next.jwk")).toBe(true);
  expect(await installServiceKey(folder)).toBe(key.kid);
  expect(await isSealed(PARTY_FILES.signing)).toBe(true);
  expect((await loadSigningKey(folder, give)).kid).toBe(key.kid);
  await expect(installServiceKey(folder)).rejects.toMatchObject({ code: "config/invalid" });
});

it("leaves a folder in the clear as it is", async () => {
  await createServiceKey(folder, now);
  await installServiceKey(folder);
  expect(await isSealed(PARTY_FILES.signing)).toBe(false);
});
