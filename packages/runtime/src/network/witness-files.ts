import { join } from "node:path";
import { createServerCertificate } from "@leix/broker";
import { PARTY_FILES, readText } from "../party-folder.ts";
import { LOCAL_HOSTS } from "./broker-files.ts";
import { PUBLIC_MODE } from "./folder-file.ts";
import { toNetworkDates } from "./network-dates.ts";
import { NETWORK_FILES } from "./network-file.ts";
import { replaceFile } from "./replace-file.ts";

/**
 * Makes what an agency's witness shows over HTTPS under these names, signed by the network's authority, in
 * the place of what it had; the rest of the folder stays as it is. A node that serves it takes it as it runs.
 * Throws `config/network-missing` where the authority's key is not here.
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
  // The key's file has both, so that a crash in between leaves a pair that goes together.
  await replaceFile(join(agencyFolder, PARTY_FILES.witnessKey), server.key + server.certificate);
  await replaceFile(join(agencyFolder, PARTY_FILES.witnessCertificate), server.certificate, PUBLIC_MODE);
}
