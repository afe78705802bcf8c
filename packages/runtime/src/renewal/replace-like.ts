import { existsSync } from "node:fs";
import { encryptSecret, isEncrypted } from "../keys/encrypted-secret.ts";
import { readSecret, toSecretType } from "../keys/secret-file.ts";
import { replaceFile } from "../network/replace-file.ts";
import type { PartyFolder } from "../party-folder.ts";

/**
 * Replaces a secret's file: encrypted where what is there is, or another file that is its model. That is
 * `tls.key` for whatever is new: `signing.jwk` may be the file of a key in a token, which is never encrypted.
 */
export async function replaceLike(
  file: string,
  text: string,
  askPassphrase: PartyFolder["askPassphrase"],
  model: string = file,
): Promise<void> {
  const isSealed = existsSync(model) && isEncrypted(await readSecret(model));
  const content = isSealed ? await encryptSecret(text, await askPassphrase(file), toSecretType(file)) : text;
  await replaceFile(file, content);
}
