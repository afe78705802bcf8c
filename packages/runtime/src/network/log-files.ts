import { createServerCertificate } from "@leix/broker";
import { PARTY_FILES } from "../party-folder.ts";
import { LOCAL_HOSTS, type NewBroker } from "./broker-files.ts";
import { type FolderFile, toPublic, toSecret } from "./folder-file.ts";
import type { NetworkDates } from "./network-dates.ts";
import type { NetworkPlan } from "./plan.ts";

/** Where members find the ledger service; undefined where the plan does not say, as on one machine. */
export function toLogUrls({ log }: NetworkPlan): string[] | undefined {
  return log?.hosts.map((host) => `https://${host}:${log.port}`);
}

/** What the ledger service's HTTPS server shows: under the broker's names, where it may run beside it. */
export async function createLogFiles(
  plan: NetworkPlan,
  { authority }: NewBroker,
  dates: NetworkDates,
): Promise<FolderFile[]> {
  const server = await createServerCertificate(authority, {
    ...dates.certificates,
    name: "ledger",
    hosts: [...new Set([...LOCAL_HOSTS, ...plan.broker.hosts, ...(plan.log?.hosts ?? [])])],
  });
  return [toPublic(PARTY_FILES.logCertificate, server.certificate), toSecret(PARTY_FILES.logKey, server.key)];
}
