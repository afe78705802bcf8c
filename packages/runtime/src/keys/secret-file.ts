import { open, stat, writeFile } from "node:fs/promises";
import type { SecretFile } from "@leix/broker";
import { LeixError } from "@leix/protocol";
import { SECRET_MODE } from "../network/folder-file.ts";
import { decryptSecret, encryptSecret, isEncrypted, type SecretType } from "./encrypted-secret.ts";
import type { PassphraseSource } from "./passphrase.ts";

const OTHERS = 0o077;

/**
 * The text of a file that nobody but its owner may read, as it is there. Throws `key/readable-by-others`;
 * `config/invalid` where it cannot be read.
 */
export async function readSecret(file: string): Promise<string> {
  try {
    await using handle = await open(file, "r");
    // Of the open file: what is looked at is what is read.
    refuseOpenMode(file, (await handle.stat()).mode);
    return await handle.readFile("utf8");
  } catch (cause) {
    if (cause instanceof LeixError) throw cause;
    throw new LeixError("config/invalid", `cannot read ${file}`, { cause });
  }
}

/**
 * The same, decrypted where it is encrypted. Throws `key/passphrase-missing` and `key/passphrase-wrong`, too.
 */
export async function loadSecret(file: string, askPassphrase: PassphraseSource): Promise<string> {
  const text = await readSecret(file);
  return isEncrypted(text) ? decryptSecret(text, await askPassphrase(file), file) : text;
}

/** The same for who reads the file by itself, and again when it has changed. */
export function toSecretFile(file: string, askPassphrase: PassphraseSource): SecretFile {
  return {
    file,
    decode: (text) =>
      isEncrypted(text) ? askPassphrase(file).then((given) => decryptSecret(text, given, file)) : text,
  };
}

/** For a secret that is read by its path elsewhere: what is not there is refused there, too. */
export async function refuseReadable(file: string): Promise<void> {
  const found = await stat(file).catch(() => undefined);
  if (found) refuseOpenMode(file, found.mode);
}

/**
 * Writes a new file, for its owner only: the text as it is, or encrypted where a passphrase is given. An
 * existing file is an error. Throws `key/passphrase-short`.
 */
export async function writeSecret(file: string, text: string, passphrase?: string): Promise<void> {
  const content = passphrase === undefined ? text : await encryptSecret(text, passphrase, toSecretType(file));
  await writeFile(file, content, { flag: "wx", mode: SECRET_MODE });
}

export function toSecretType(file: string): SecretType {
  return file.endsWith(".jwk") ? "jwk+json" : "text/plain";
}

function refuseOpenMode(file: string, mode: number): void {
  // Windows has no such modes, and says 666 of every file.
  if (process.platform === "win32" || (mode & OTHERS) === 0) return;
  const octal = (mode & 0o777).toString(8);
  throw new LeixError("key/readable-by-others", `${file} has the mode ${octal}: chmod 600 ${file}`);
}
