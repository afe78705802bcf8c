import { existsSync } from "node:fs";
import { join } from "node:path";
import { LeixError, type SigningKey } from "@leix/protocol";
import { loadKeyFile } from "../keys/key-file.ts";
import type { PassphraseSource } from "../keys/passphrase.ts";
import { openTokenKey } from "../keys/token-key.ts";
import { loadCosigningKey, loadSigningKey } from "../party-folder.ts";
import { NEXT_FILES } from "./enrolment-files.ts";

/** The key that waits to be registered, if one does, then the one in use. Throws as `loadSigningKey` does. */
export async function loadSigningKeys(
  folder: string,
  askPassphrase: PassphraseSource,
): Promise<readonly SigningKey[]> {
  const next = await loadNext(join(folder, NEXT_FILES.signing), askPassphrase);
  return [...next, await loadSigningKey(folder, askPassphrase)];
}

/** The same of the keys to cosign with; none where the agency is no witness. */
export async function loadCosigningKeys(
  folder: string,
  askPassphrase: PassphraseSource,
): Promise<readonly SigningKey[]> {
  const next = await loadNext(join(folder, NEXT_FILES.cosigning), askPassphrase);
  const present = await loadCosigningKey(folder, askPassphrase);
  return present ? [...next, present] : next;
}

/** Looked at first: where it takes the other's place in between, it is found there. */
async function loadNext(file: string, askPassphrase: PassphraseSource): Promise<SigningKey[]> {
  if (!existsSync(file)) return [];
  try {
    const key = await loadKeyFile(file, askPassphrase);
    if (key.kind === "token") return [await openTokenKey(key, key.place)];
    if (key.alg !== "ECDH-ES+A256KW") return [{ kid: key.kid, alg: key.alg, jwk: key.jwk }];
  } catch (error) {
    if (!existsSync(file)) return [];
    throw error;
  }
  throw new LeixError("config/invalid", `${file} holds an encryption key`);
}
