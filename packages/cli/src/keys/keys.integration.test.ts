import { createPublicKey } from "node:crypto";
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LeixError } from "@leix/protocol";
import {
  createNetwork,
  createPassphraseSource,
  createPlan,
  isEncrypted,
  loadDecryptionKeys,
  loadPolicyFiles,
  loadSigningKey,
  PARTY_FILES,
} from "@leix/runtime";
import { createSoftToken, hasSoftToken, SOFT_TOKEN_HOW } from "@leix/testkit";
import { Command } from "commander";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { checkCertificates, checkCredentials, checkModes, toCertificateFiles } from "../doctor-files.ts";
import { addKeyCommands } from "../keys.ts";

const FIRST = "correct horse battery staple";
const SECOND = "another four words entirely";
const isRequired = Boolean(process.env.LEIX_REQUIRE_SOFTHSM);

let root: string;
let dir: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "leix-keys-"));
  dir = join(root, "network");
  await createNetwork(createPlan({ countries: ["AL"] }), dir, { policyFiles: loadPolicyFiles() });
});
afterAll(() => rm(root, { recursive: true, force: true }));

let said: string;
beforeEach(() => {
  said = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    said += String(text);
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

async function leix(...words: string[]): Promise<void> {
  const program = new Command("leix").exitOverride();
  addKeyCommands(program);
  await program.parseAsync(["keys", ...words], { from: "user" });
}

const codeOf = (attempt: Promise<unknown>): Promise<unknown> =>
  attempt.then(
    () => "done",
    (error: LeixError) => error.code,
  );

/** A file with a passphrase, as an operator writes it. */
async function writePassphrase(text: string): Promise<string> {
  const file = join(root, "passphrase");
  await writeFile(file, `${text}\n`, { mode: 0o600 });
  return file;
}

/** The names of the files in a party's folder that are encrypted. */
async function listEncrypted(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  const found: string[] = [];
  for (const file of files) {
    if (isEncrypted(await readFile(file, "utf8"))) found.push(file.slice(folder.length + 1));
  }
  return found.toSorted();
}

const ofAgency = [
  "account-signer.nk",
  "cosigning.jwk",
  expect.stringMatching(/^encryption\/.{43}\.jwk$/),
  "nats.creds",
  "officers.key",
  "offline/account.nk",
  "signing.jwk",
  "tls.key",
];

describe("leix keys protect, unprotect", () => {
  it("encrypts every secret of an agency, changes the passphrase, and undoes it", async () => {
    const folder = join(dir, "agencies/AL-SPOC");
    const { kid } = await loadSigningKey(folder);
    const before = await readFile(join(folder, PARTY_FILES.credentials), "utf8");
    await leix("protect", folder, "--new-passphrase-file", await writePassphrase(FIRST));
    expect(await listEncrypted(folder)).toEqual(ofAgency);
    expect(said).toContain("8 files are encrypted now");

    vi.stubEnv("LEIX_KEY_PASSPHRASE_FILE", await writePassphrase(FIRST));
    const next = join(root, "next");
    await writeFile(next, SECOND, { mode: 0o600 });
    await leix("protect", folder, "--new-passphrase-file", next);
    expect(await codeOf(loadSigningKey(folder))).toBe("key/passphrase-wrong");
    const ask = createPassphraseSource(next);
    expect((await loadSigningKey(folder, ask)).kid).toBe(kid);
    expect(await loadDecryptionKeys(folder, ask)).toHaveLength(1);

    vi.stubEnv("LEIX_KEY_PASSPHRASE_FILE", next);
    await leix("unprotect", folder);
    expect(await listEncrypted(folder)).toEqual([]);
    expect(await readFile(join(folder, PARTY_FILES.credentials), "utf8")).toBe(before);
    expect((await stat(join(folder, PARTY_FILES.credentials))).mode & 0o777).toBe(0o600);
  });

  it("does the same for a country's authority, and ends what a crash left half done", async () => {
    const folder = join(dir, "authorities/AL");
    const plain = await readFile(join(folder, PARTY_FILES.key), "utf8");
    await leix("protect", folder, "--new-passphrase-file", await writePassphrase(FIRST));
    const encrypted = await listEncrypted(folder);
    expect(encrypted).toEqual(
      expect.arrayContaining(["nats.creds", "offline/account.nk", "signing.jwk", "tls.key"]),
    );
    // A crash half way from the first passphrase to the second.
    const half = join(folder, PARTY_FILES.key);
    await rm(half);
    await writeFile(half, plain, { mode: 0o600 });
    const next = join(root, "next");
    await writeFile(next, SECOND, { mode: 0o600 });
    vi.stubEnv("LEIX_KEY_PASSPHRASE_FILE", await writePassphrase(FIRST));
    await leix("protect", folder, "--new-passphrase-file", next);
    await leix("protect", folder, "--new-passphrase-file", next);
    expect(await listEncrypted(folder)).toEqual(encrypted);
    vi.stubEnv("LEIX_KEY_PASSPHRASE_FILE", next);
    await leix("unprotect", folder);
    expect(await readFile(half, "utf8")).toBe(plain);
  });

  it("changes nothing where a passphrase is short, wrong or missing, or others may read", async () => {
    const folder = join(dir, "anchor");
    const protect = async (passphrase: string) =>
      leix("protect", folder, "--new-passphrase-file", await writePassphrase(passphrase));
    expect(await codeOf(protect("short"))).toBe("key/passphrase-short");
    expect(await codeOf(leix("protect", folder))).toBe("key/passphrase-missing");
    await chmod(join(folder, PARTY_FILES.accountSigner), 0o640);
    expect(await codeOf(protect(FIRST))).toBe("key/readable-by-others");
    await chmod(join(folder, PARTY_FILES.accountSigner), 0o600);
    const next = ["--new-passphrase-file", await writePassphrase(FIRST)];
    expect(await codeOf(leix("protect", dir, ...next))).toBe("config/party-unknown");
    expect(await listEncrypted(folder)).toEqual([]);

    await protect(FIRST);
    const encrypted = await listEncrypted(folder);
    expect(await codeOf(leix("unprotect", folder))).toBe("key/passphrase-missing");
    vi.stubEnv("LEIX_KEY_PASSPHRASE_FILE", await writePassphrase(SECOND));
    expect(await codeOf(leix("unprotect", folder))).toBe("key/passphrase-wrong");
    expect(await listEncrypted(folder)).toEqual(encrypted);
  });

  it("leaves a folder that `leix doctor` finds in order, given the passphrase", async () => {
    const folder = join(dir, "agencies/AL-CUSTOMS");
    await leix("protect", folder, "--new-passphrase-file", await writePassphrase(FIRST));
    const folders = [{ id: "AL-CUSTOMS", folder }];
    const check = () =>
      Promise.all([
        checkModes(dir, folders),
        checkCertificates(folders.map(toCertificateFiles), Date.now()),
        checkCredentials(folders, Date.now()),
      ]);
    vi.stubEnv("LEIX_KEY_PASSPHRASE_FILE", await writePassphrase(FIRST));
    expect((await check()).map((report) => ("problems" in report ? report.problems : []))).toEqual([
      [],
      [],
      [],
    ]);
    vi.stubEnv("LEIX_KEY_PASSPHRASE_FILE", "");
    expect(await check()).toMatchObject([
      { problems: [] },
      { problems: [{ detail: expect.stringContaining("key/passphrase-missing") }] },
      { problems: [{ detail: expect.stringContaining("key/passphrase-missing") }] },
    ]);
  });
});

describe.skipIf(hasSoftToken || isRequired)("leix keys token", () => {
  it(`is not here: ${SOFT_TOKEN_HOW} (LEIX_REQUIRE_SOFTHSM makes it a failure)`, ({ skip }) => skip());
});

describe.runIf(hasSoftToken || isRequired)("leix keys token", () => {
  it("writes where the key is, once it has signed; protecting the folder leaves it", async () => {
    expect(hasSoftToken, `LEIX_REQUIRE_SOFTHSM is set: ${SOFT_TOKEN_HOW}`).toBe(true);
    await using token = await createSoftToken("the token");
    await token.createKey("EC:prime256v1", "0a", "sign");
    const folder = join(dir, "agencies/AL-SPOC");
    const signing = join(folder, PARTY_FILES.signing);
    const place = ["--module", token.module, "--token", token.label, "--pin-file", token.pinFile];
    expect(await codeOf(leix("token", signing, ...place, "--id", "0A"))).toBe("config/invalid");
    await rm(signing);
    expect(await codeOf(leix("token", signing, ...place, "--id", "sign"))).toBe("config/invalid");
    expect(await codeOf(leix("token", signing, ...place, "--id", "0b"))).toBe("token/key-missing");
    await leix("token", signing, ...place, "--id", "0A");

    const file = JSON.parse(await readFile(signing, "utf8"));
    expect(createPublicKey({ key: file.jwk, format: "jwk" }).asymmetricKeyType).toBe("ec");
    expect(file.pkcs11).toEqual({
      module: token.module,
      token: token.label,
      id: "0a",
      pinFile: token.pinFile,
    });
    expect(said).toContain(file.kid);
    await leix("protect", folder, "--new-passphrase-file", await writePassphrase(FIRST));
    expect(await listEncrypted(folder)).not.toContain("signing.jwk");
    expect((await loadSigningKey(folder)).kid).toBe(file.kid);
  });
});
