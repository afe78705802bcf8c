import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createServerCertificate } from "@leix/broker";
import { PARTY_FILES, readText } from "../party-folder.ts";
import { LOCAL_HOSTS } from "./broker-files.ts";
import { type FolderFile, SECRET_MODE, toPublic, toSecret } from "./folder-file.ts";
import { toNetworkDates } from "./network-dates.ts";
import { NETWORK_FILES } from "./network-file.ts";

/**
 * Makes what an agency's witness shows over HTTPS under these names, signed by the network's authority, in
 * the place of what it had; the rest of the folder stays as it is. Takes effect when its node starts. Throws
 * `config/network-missing` where the authority's key is not here.
 */
export async function createWitnessFiles(
  dir: string,
  agencyFolder: string,
  hosts: readonly string[],
  now: Date,
): Promise<void> {
  const load = (name: string) => readText(join(dir, NETWORK_FILES.ca, name), "config/network-missing");
  const authority = { certificate: await load("ca.crt"), key: await load("ca.key") };
  const server = await createServerCertificate(authority, {
    ...toNetworkDates(now).certificates,
    name: "witness",
    hosts: [...new Set([...LOCAL_HOSTS, ...hosts])],
  });
  await replaceFile(agencyFolder, toSecret(PARTY_FILES.witnessKey, server.key));
  await replaceFile(agencyFolder, toPublic(PARTY_FILES.witnessCertificate, server.certificate));
}

async function replaceFile(folder: string, { path, text, isSecret }: FolderFile): Promise<void> {
  const file = join(folder, path);
  const draft = `${file}.draft`;
  await writeFile(draft, text, { mode: isSecret ? SECRET_MODE : 0o644, flush: true });
  await rename(draft, file);
}
