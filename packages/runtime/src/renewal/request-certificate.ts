import { rm } from "node:fs/promises";
import { join } from "node:path";
import { createCertificateRequest } from "@leix/broker";
import { loadSecret } from "../keys/secret-file.ts";
import { loadPartyFolder, PARTY_FILES } from "../party-folder.ts";
import { installCertificate } from "./install-certificate.ts";
import { replaceLike } from "./replace-like.ts";

/**
 * Makes a new TLS key, which waits in the party's folder, and the request to have it certified. An earlier
 * one that waits is forgotten.
 */
export async function requestCertificate(folder: string): Promise<string> {
  const { party, askPassphrase } = await loadPartyFolder(folder);
  const { request, key } = await createCertificateRequest(party.id);
  const present = join(folder, PARTY_FILES.key);
  await replaceLike(join(folder, PARTY_FILES.nextKey), key, askPassphrase, present);
  return request;
}

/**
 * Takes what came back for the key that waits. Throws as `installCertificate`; `config/invalid` where no key
 * waits.
 */
export async function installRequested(folder: string, certificate: string, now: number): Promise<void> {
  const { party, askPassphrase } = await loadPartyFolder(folder);
  const nextKey = join(folder, PARTY_FILES.nextKey);
  const key = await loadSecret(nextKey, askPassphrase);
  await installCertificate({ folder, name: party.id, key, certificate, now, askPassphrase });
  await rm(nextKey);
}
