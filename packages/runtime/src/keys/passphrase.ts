import { LeixError } from "@leix/protocol";
import { getPassphraseFile } from "../config.ts";
import { askSecret, isTerminal } from "./ask-secret.ts";
import { readSecret } from "./secret-file.ts";

/** Gives the passphrase of the keys in a folder, when the first of them is found to be encrypted. */
export type PassphraseSource = (what: string) => Promise<string>;

/**
 * From the file that LEIX_KEY_PASSPHRASE_FILE names; without one, a person at the terminal is asked, once
 * for all keys. Throws `key/passphrase-missing` where there is neither, `key/readable-by-others`.
 */
export function createPassphraseSource(file: string | undefined = getPassphraseFile()): PassphraseSource {
  let given: Promise<string> | undefined;
  return (what) => {
    given ??= file === undefined ? askPassphrase(what) : readPassphraseFile(file);
    return given;
  };
}

/** The first line, without its end: editors add one. */
export async function readPassphraseFile(file: string): Promise<string> {
  const [line = ""] = (await readSecret(file)).split(/\r?\n/, 1);
  if (line === "") throw new LeixError("key/passphrase-missing", `${file} is empty`);
  return line;
}

async function askPassphrase(what: string): Promise<string> {
  if (!isTerminal()) throw new LeixError("key/passphrase-missing", what);
  const answer = await askSecret(`Passphrase of ${what}: `);
  if (answer === "") throw new LeixError("key/passphrase-missing", what);
  return answer;
}
