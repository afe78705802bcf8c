import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type BrokerAccess,
  type Expiring,
  listCredentialsExpiring,
  listOperatorExpiring,
  parseSeed,
} from "@leix/broker";
import { LeixError } from "@leix/protocol";
import { loadExpiring, loadIssuer, loadPartyFolder, PARTY_FILES, type PartyFolder } from "@leix/runtime";
import type { AccountSigner } from "./account-keeper.ts";
import type { Issuer } from "./certify.ts";

export interface RegistryFolder {
  readonly folder: string;
  readonly party: PartyFolder["party"];
  /** The user of the BROKER account. */
  readonly registry: BrokerAccess;
  /** The second identity, in the account SYS. */
  readonly pusher: BrokerAccess;
  readonly signer: AccountSigner;
  readonly loadIssuer: () => Promise<Issuer>;
}

/** What the registry needs of a network folder: `services/registry` in it, and nothing else. */
export async function loadRegistryFolder(dir: string, natsUrl?: string): Promise<RegistryFolder> {
  const folder = join(dir, "services", "registry");
  const { party, access, askPassphrase } = await loadPartyFolder(folder, natsUrl);
  const { brokerAccount, logAccount } = party;
  if (!brokerAccount || !logAccount) {
    throw new LeixError("config/invalid", `${PARTY_FILES.party} has no brokerAccount or no logAccount`);
  }
  const file = join(folder, PARTY_FILES.operatorSigning);
  return {
    folder,
    party,
    registry: access,
    pusher: { ...access, credentials: { file: join(folder, PARTY_FILES.pusher) } },
    signer: { brokerAccount, logAccount, signer: parseSeed("operator", await readText(file)) },
    loadIssuer: async () => ({
      authority: await loadIssuer(folder, askPassphrase),
      ca: await readText(join(folder, PARTY_FILES.ca)),
    }),
  };
}

/** What it connects with as both of its identities, and what it certifies members with. */
export async function loadRegistryExpiring({
  folder,
  registry,
}: Pick<RegistryFolder, "folder" | "registry">): Promise<Expiring[]> {
  const issuer = await readText(join(folder, PARTY_FILES.issuerCertificate));
  const credentials = await readText(join(folder, PARTY_FILES.pusher));
  const what = "the certificate to certify clients";
  return [
    ...(await loadExpiring({ access: registry })),
    ...(await listCredentialsExpiring(credentials)),
    ...listOperatorExpiring(what, "registry", issuer),
  ];
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new LeixError("config/invalid", `cannot read ${file}`, { cause });
  }
}
