import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LeixError, parseJws, RegisteredKey, signJws, toPublicJwk, verifyJws } from "@leix/protocol";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createEncryptionKey, createSigningKey } from "../network/key-pairs.ts";
import { loadCosigningKey, loadDecryptionKeys, loadSigningKey, PARTY_FILES } from "../party-folder.ts";
import { loadKeyFile, toTokenKeyText } from "./key-file.ts";
import { writeSecret } from "./secret-file.ts";

// Deriving keys from passphrases is meant to take its time.
vi.setConfig({ testTimeout: 30_000 });

const PASSPHRASE = "correct horse battery staple";
const give = async () => PASSPHRASE;
const VALIDITY = { nbf: 0, exp: 1 };
const TYP = "leix-message+jwt";
const PLACE = { module: "/usr/lib/module.so", token: "AL-SPOC", id: "01", pinFile: "/run/pin" };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "leix-key-file-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const codeOf = (attempt: Promise<unknown>): Promise<unknown> =>
  attempt.then(
    () => "not refused",
    (error: LeixError) => error.code,
  );

describe("a private key's file", () => {
  it.each(["ES256", "Ed25519"] as const)("signs with %s, in the clear or encrypted", async (alg) => {
    for (const passphrase of [undefined, PASSPHRASE]) {
      const made = createSigningKey(alg, VALIDITY);
      await rm(join(folder, PARTY_FILES.signing), { force: true });
      await writeSecret(join(folder, PARTY_FILES.signing), made.file, passphrase);
      const key = await loadSigningKey(folder, give);
      expect(toPublicJwk(key)).toEqual(made.registered.jwk);
      const { token } = await signJws({ a: 1 }, TYP, key);
      await verifyJws(parseJws(token, TYP, 100), made.registered);
    }
  });

  it("is refused where the passphrase is another, or none is there, or others may read it", async () => {
    const file = join(folder, PARTY_FILES.signing);
    await writeSecret(file, createSigningKey("ES256", VALIDITY).file, PASSPHRASE);
    expect(await codeOf(loadSigningKey(folder, async () => "another passphrase"))).toBe(
      "key/passphrase-wrong",
    );
    expect(await codeOf(loadSigningKey(folder))).toBe("key/passphrase-missing");
    await chmod(file, 0o640);
    expect(await codeOf(loadSigningKey(folder, give))).toBe("key/readable-by-others");
  });

  it("opens all keys of a folder to decrypt with", async () => {
    await mkdir(join(folder, PARTY_FILES.encryption));
    const keys = [createEncryptionKey("P-256", VALIDITY), createEncryptionKey("X25519", VALIDITY)];
    for (const { registered, file } of keys) {
      await writeSecret(join(folder, PARTY_FILES.encryption, `${registered.kid}.jwk`), file, PASSPHRASE);
    }
    const loaded = await loadDecryptionKeys(folder, give);
    expect(new Set(loaded.map(({ kid }) => kid))).toEqual(new Set(keys.map((key) => key.registered.kid)));
  });

  it("of a wrong use is refused", async () => {
    const encryption = createEncryptionKey("P-256", VALIDITY);
    await writeSecret(join(folder, PARTY_FILES.signing), encryption.file);
    expect(await codeOf(loadSigningKey(folder, give))).toBe("config/invalid");
    await writeSecret(join(folder, PARTY_FILES.cosigning), createSigningKey("ES256", VALIDITY).file);
    expect(await codeOf(loadCosigningKey(folder, give))).toBe("config/invalid");
  });

  it("that is broken is refused without a word of what it holds", async () => {
    const file = join(folder, "broken.jwk");
    await writeFile(file, '{"kty":"OKP","d":"SECRET" ', { mode: 0o600 });
    const error = await loadKeyFile(file, give).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "config/invalid" });
    expect(String((error as LeixError).stack) + String((error as LeixError).cause)).not.toContain("SECRET");
  });
});

describe("the file of a key in a token", () => {
  const { registered } = createSigningKey("ES256", VALIDITY);
  const { kid, jwk: publicJwk } = registered;
  const text = toTokenKeyText({ kid, alg: "ES256", publicJwk }, PLACE);
  const load = async (content: string) => {
    const file = join(folder, "token.jwk");
    await rm(file, { force: true });
    await writeSecret(file, content);
    return loadKeyFile(file, give);
  };

  it("says where it is, and which", async () => {
    expect(await load(text)).toEqual({ kind: "token", kid, alg: "ES256", publicJwk, place: PLACE });
    expect(RegisteredKey.safeParse(registered).success).toBe(true);
  });

  it.each([
    ["another key's kid", { kid: "A".repeat(43) }],
    ["an algorithm of another kind of key", { alg: "Ed25519" }],
    ["a private part", { jwk: { ...publicJwk, d: publicJwk.x } }],
    ["no id", { pkcs11: { ...PLACE, id: undefined } }],
    ["a PIN in it", { pkcs11: { ...PLACE, pin: "123456" } }],
    ["a module without its whole path", { pkcs11: { ...PLACE, module: "module.so" } }],
  ])("is refused with %s", async (_, change) => {
    expect(await codeOf(load(JSON.stringify({ ...JSON.parse(text), ...change })))).toBe("config/invalid");
  });

  it("is no key to decrypt with", async () => {
    await mkdir(join(folder, PARTY_FILES.encryption));
    await writeSecret(join(folder, PARTY_FILES.encryption, "a.jwk"), text);
    expect(await codeOf(loadDecryptionKeys(folder, give))).toBe("config/invalid");
  });
});
