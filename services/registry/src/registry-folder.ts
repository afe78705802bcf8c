import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type BrokerAccess, parseSeed } from "@leix/broker";
import { LeixError } from "@leix/protocol";
import { loadPartyFolder, PARTY_FILES, type PartyFolder } from "@leix/runtime";
import type { AccountSigner } from "./account-keeper.ts";

export interface RegistryFolder {
  readonly folder: string;
  readonly party: PartyFolder["party"];
  /** The user of the BROKER account. */
  readonly registry: BrokerAccess;
  /** The second identity, in the account SYS. */
  readonly pusher: BrokerAccess;
  readonly signer: AccountSigner;
}

/** What the registry needs of a network folder: `services/registry` in it, and nothing else. */
export async function loadRegistryFolder(dir: string, natsUrl?: string): Promise<RegistryFolder> {
  const folder = join(dir, "services", "registry");
  const { party, access } = await loadPartyFolder(folder, natsUrl);
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
    signer: { brokerAccount, logAccount, signer: parseSeed("operator", await readSeed(file)) },
  };
}

async function readSeed(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new LeixError("config/invalid", `cannot read ${file}`, { cause });
  }
}
