import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createCertificateAuthority,
  createClientCertificate,
  pickCertificate,
  renewCertificateAuthority,
} from "@leix/broker";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { decryptSecret, encryptSecret, isEncrypted } from "../keys/encrypted-secret.ts";
import { PARTY_FILES } from "../party-folder.ts";
import { installCertificate, type NewCertificate } from "./install-certificate.ts";

const DAY_MS = 86_400_000;
const now = Date.now();
const life = { from: new Date(now - DAY_MS), to: new Date(now + 30 * DAY_MS) };
const longer = { from: life.from, to: new Date(now + 300 * DAY_MS) };
const PASSPHRASE = "correct horse battery staple";
const authority = await createCertificateAuthority("LEIX-CA", life);
const other = await createCertificateAuthority("LEIX-CA", longer);
const create = (name = "AL-SPOC", of = authority, validity = life) =>
  createClientCertificate(of, { ...validity, name });

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "leix-install-"));
  const { key, certificate } = await create();
  await writeFile(join(folder, PARTY_FILES.ca), authority.certificate);
  await writeFile(join(folder, PARTY_FILES.key), key, { mode: 0o600 });
  await writeFile(join(folder, PARTY_FILES.certificate), certificate);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const read = (name: string): Promise<string> => readFile(join(folder, name), "utf8");
const toOptions = (changes: Pick<NewCertificate, "key" | "certificate"> & Partial<NewCertificate>) => ({
  ...{ folder, name: "AL-SPOC", now, askPassphrase: async () => PASSPHRASE },
  ...changes,
});

describe("installCertificate", () => {
  it("puts key and certificate in one file, a copy beside it, and leaves no draft", async () => {
    const made = await create();
    await installCertificate(toOptions(made));
    const key = await read(PARTY_FILES.key);
    expect(key).toBe(made.key + made.certificate);
    expect(pickCertificate(key, "")).toBe(made.certificate);
    expect(await read(PARTY_FILES.certificate)).toBe(made.certificate);
    expect((await readdir(folder)).toSorted()).toEqual(["ca.crt", "tls.crt", "tls.key"]);
  });

  it("keeps the key under the passphrase that it was under", async () => {
    const { key } = await create();
    const sealed = await encryptSecret(key, PASSPHRASE, "text/plain");
    await writeFile(join(folder, PARTY_FILES.key), sealed, { mode: 0o600 });
    const made = await create();
    await installCertificate(toOptions(made));
    const content = await read(PARTY_FILES.key);
    expect(isEncrypted(content)).toBe(true);
    expect(await decryptSecret(content, PASSPHRASE, "tls.key")).toBe(made.key + made.certificate);
  });

  it.each([
    ["for another party", async () => create("RS-SPOC")],
    ["for another key", async () => ({ ...(await create()), key: (await create()).key })],
    ["of another authority of the same name", async () => create("AL-SPOC", other)],
    [
      "that has ended",
      async () => create("AL-SPOC", authority, { from: life.from, to: new Date(now - 1_000) }),
    ],
  ])("refuses one %s, and changes nothing", async (_what, make) => {
    const before = await Promise.all((await readdir(folder)).map(read));
    await expect(installCertificate(toOptions(await make()))).rejects.toMatchObject({
      code: "certificate/unusable",
    });
    expect(await Promise.all((await readdir(folder)).map(read))).toEqual(before);
  });

  it("takes the network authority's renewed certificate, if its key is the one that is trusted", async () => {
    const renewed = await renewCertificateAuthority(authority, "LEIX-CA", longer);
    await installCertificate(toOptions({ ...(await create()), ca: renewed.certificate }));
    expect(await read(PARTY_FILES.ca)).toBe(renewed.certificate);
    // An older one brings nobody back.
    await installCertificate(toOptions({ ...(await create()), ca: authority.certificate }));
    expect(await read(PARTY_FILES.ca)).toBe(renewed.certificate);
  });

  it("takes no other authority's, whatever its name is", async () => {
    await installCertificate(toOptions({ ...(await create()), ca: other.certificate }));
    expect(await read(PARTY_FILES.ca)).toBe(authority.certificate);
    const renamed = await renewCertificateAuthority(authority, "LEIX-CA-AL", longer);
    await installCertificate(toOptions({ ...(await create()), ca: renamed.certificate }));
    expect(await read(PARTY_FILES.ca)).toBe(authority.certificate);
  });
});
