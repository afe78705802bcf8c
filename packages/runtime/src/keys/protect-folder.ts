import { existsSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { LeixError } from "@leix/protocol";
import { DRAFT, replaceFile } from "../network/replace-file.ts";
import { PARTY_FILES } from "../party-folder.ts";
import { decryptSecret, encryptSecret, isEncrypted, refuseShort } from "./encrypted-secret.ts";
import { isTokenKeyText } from "./key-file.ts";
import type { PassphraseSource } from "./passphrase.ts";
import { readSecret, toSecretType } from "./secret-file.ts";

const SECRET = /\.(?:jwk|nk|creds|key)$/;
/**
 * What only a server that starts by itself reads: its passphrase would lie beside it. Whoever reads any other
 * secret asks for its passphrase (`loadSecret`).
 */
const SERVED: readonly string[] = [
  PARTY_FILES.logKey,
  PARTY_FILES.witnessKey,
  PARTY_FILES.operatorSigning,
  PARTY_FILES.pusher,
];

/**
 * Encrypts every secret of a party's folder with a passphrase, whether it was in the clear or under another
 * one, which is then asked for: the files. May be repeated after a crash, whose folder has some of each.
 * Throws `config/party-unknown`, `key/passphrase-short` and as `loadSecret` does; then nothing is changed.
 */
export async function protectFolder(
  folder: string,
  next: string,
  askPassphrase: PassphraseSource,
): Promise<string[]> {
  refuseShort(next);
  const opened = await openSecrets(folder, (file, text) => openWithEither(file, text, next, askPassphrase));
  const encrypt = async ({ file, text }: OpenSecret): Promise<OpenSecret> => {
    return { file, text: await encryptSecret(text, next, toSecretType(file)) };
  };
  const files = await replaceAll(await Promise.all(opened.map(encrypt)));
  await removeDrafts(folder);
  return files;
}

/** Puts every encrypted secret of the folder there in the clear: the files. Throws as `loadSecret` does. */
export async function unprotectFolder(folder: string, askPassphrase: PassphraseSource): Promise<string[]> {
  const opened = await openSecrets(folder, async (file, text) =>
    isEncrypted(text) ? decryptSecret(text, await askPassphrase(file), file) : undefined,
  );
  return replaceAll(opened);
}

/** A file, and what is or will be in it. */
interface OpenSecret {
  readonly file: string;
  readonly text: string;
}

/** All are opened before the first is replaced. What `open` gives nothing for is left as it is. */
async function openSecrets(
  folder: string,
  open: (file: string, text: string) => Promise<string | undefined>,
): Promise<OpenSecret[]> {
  const opened = (await listSecrets(folder)).map(async (file) => {
    const text = await open(file, await readSecret(file));
    return text === undefined ? [] : [{ file, text }];
  });
  return (await Promise.all(opened)).flat();
}

async function replaceAll(secrets: readonly OpenSecret[]): Promise<string[]> {
  for (const { file, text } of secrets) await replaceFile(file, text);
  return secrets.map(({ file }) => file);
}

/** What a crash left of a secret that was to be replaced is in the clear as the secret was. */
async function removeDrafts(folder: string): Promise<void> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => DRAFT.test(name));
  for (const name of names) await rm(join(folder, name), { force: true });
}

async function openWithEither(
  file: string,
  text: string,
  next: string,
  askPassphrase: PassphraseSource,
): Promise<string | undefined> {
  if (!isEncrypted(text)) return isTokenKeyText(text) ? undefined : text;
  try {
    return await decryptSecret(text, next, file);
  } catch (error) {
    if (!(error instanceof LeixError) || error.code !== "key/passphrase-wrong") throw error;
    return decryptSecret(text, await askPassphrase(file), file);
  }
}

async function listSecrets(folder: string): Promise<string[]> {
  // A party's own folder, which has its TLS key from the first day: not one with others' folders in it.
  if (!existsSync(join(folder, PARTY_FILES.key))) throw new LeixError("config/party-unknown", folder);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && SECRET.test(entry.name) && !SERVED.includes(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
}
