import { chmod, mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadAccessTexts } from "@leix/broker";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { replaceFile } from "../network/replace-file.ts";
import { isEncrypted } from "./encrypted-secret.ts";
import { loadSecret, readSecret, toSecretFile, writeSecret } from "./secret-file.ts";

// Deriving keys from passphrases is meant to take its time.
vi.setConfig({ testTimeout: 30_000 });

const PASSPHRASE = "correct horse battery staple";
const give = async () => PASSPHRASE;
const refuse = async () => {
  throw new Error("nobody was to be asked");
};

let dir: string;
let file: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "leix-secret-"));
  file = join(dir, "tls.key");
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const modeOf = async (path: string) => (await stat(path)).mode & 0o777;

describe("a secret's file", () => {
  it("is for its owner only, as it is or encrypted", async () => {
    await writeSecret(file, "text");
    expect(await modeOf(file)).toBe(0o600);
    expect(await loadSecret(file, refuse)).toBe("text");
    await expect(writeSecret(file, "other")).rejects.toMatchObject({ code: "EEXIST" });

    const encrypted = join(dir, "b.jwk");
    await writeSecret(encrypted, "text", PASSPHRASE);
    expect(await modeOf(encrypted)).toBe(0o600);
    expect(isEncrypted(await readFile(encrypted, "utf8"))).toBe(true);
    expect(await loadSecret(encrypted, give)).toBe("text");
  });

  it.each([0o640, 0o604, 0o660, 0o610, 0o602])("of mode %o is refused", async (mode) => {
    await writeSecret(file, "text");
    await chmod(file, mode);
    await expect(readSecret(file)).rejects.toMatchObject({
      code: "key/readable-by-others",
      detail: expect.stringContaining(`chmod 600 ${file}`),
    });
  });

  it.each([0o600, 0o400, 0o700])("of mode %o is read", async (mode) => {
    await writeSecret(file, "text");
    await chmod(file, mode);
    expect(await readSecret(file)).toBe("text");
  });

  it("that is not there is config/invalid", async () => {
    await expect(readSecret(file)).rejects.toMatchObject({ code: "config/invalid" });
  });

  it("is decrypted for the connection that reads it by itself", async () => {
    await writeSecret(file, "the key", PASSPHRASE);
    const plain = { text: "" };
    const read = (source: () => Promise<string>) =>
      loadAccessTexts({ ca: plain, certificate: plain, credentials: plain, key: toSecretFile(file, source) });
    expect((await read(give)).key).toBe("the key");
    await expect(read(async () => "another passphrase")).rejects.toMatchObject({
      code: "key/passphrase-wrong",
    });
    await replaceFile(file, "in the clear");
    expect((await read(refuse)).key).toBe("in the clear");
  });
});
