import { join } from "node:path";
import {
  type CertificateAndKey,
  createSubordinateAuthority,
  toSubordinateName,
  type Validity,
} from "@leix/broker";
import type { PassphraseSource } from "../keys/passphrase.ts";
import { loadSecret } from "../keys/secret-file.ts";
import { PARTY_FILES, readText } from "../party-folder.ts";
import { type FolderFile, toPublic, toSecret } from "./folder-file.ts";

/**
 * The certificate authority of a country's authority, or of the registry: it certifies clients, each in the
 * names that are its own to give.
 */
export async function createIssuerFiles(
  scope: string,
  authority: CertificateAndKey,
  validity: Validity,
): Promise<FolderFile[]> {
  const made = await createSubordinateAuthority(authority, { ...validity, name: toSubordinateName(scope) });
  return [
    toPublic(PARTY_FILES.issuerCertificate, made.certificate),
    toSecret(PARTY_FILES.issuerKey, made.key),
  ];
}

/**
 * Throws `config/invalid` where the folder has none, `key/readable-by-others` where others can read its key,
 * `key/passphrase-missing`, `key/passphrase-wrong`.
 */
export async function loadIssuer(
  folder: string,
  askPassphrase: PassphraseSource,
): Promise<CertificateAndKey> {
  return {
    certificate: await readText(join(folder, PARTY_FILES.issuerCertificate), "config/invalid"),
    key: await loadSecret(join(folder, PARTY_FILES.issuerKey), askPassphrase),
  };
}
