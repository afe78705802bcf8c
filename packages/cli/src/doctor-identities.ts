import { access } from "node:fs/promises";
import { join } from "node:path";
import { type BrokerAccess, connectBroker } from "@leix/broker";
import type { Trust } from "@leix/exchange";
import { LeixError } from "@leix/protocol";
import {
  loadNetwork,
  loadPartyFolder,
  type NetworkFile,
  PARTY_FILES,
  type PartyConnection,
  toPartyPath,
} from "@leix/runtime";
import type { CheckedFolder } from "./doctor-files.ts";

/** Whose connections and folders are looked at. */
export interface Identities {
  /** Of the whole network; undefined where only one party is looked at. */
  readonly network: NetworkFile | undefined;
  readonly trust: Trust;
  readonly folders: readonly CheckedFolder[];
  /** Everything that can be connected as: the parties, and the registry's second identity. */
  readonly ids: readonly string[];
  connect(id: string): Promise<PartyConnection>;
}

/** The registry's second identity, which is told what the broker knows of accounts. */
export const PUSHER = "pusher";

/** One party's folder needs no `network.json` beside it: an agency's machine has only its own. */
export async function loadIdentities(dir: string, as?: string, natsUrl?: string): Promise<Identities> {
  const network = as === undefined ? await loadNetwork(dir) : undefined;
  const known = network?.parties.map(({ id, folder }) => ({ id, folder })) ?? [
    { id: as ?? "", folder: toPartyPath(as ?? "") },
  ];
  const folders: CheckedFolder[] = [];
  const accesses = new Map<string, BrokerAccess>();
  let trust: Trust | undefined = network && { ...network, aud: network.exchange };
  for (const { id, folder: path } of known) {
    const folder = join(dir, path);
    // A party whose folder was moved to its own machine is looked at there.
    if (network && !(await isThere(folder))) continue;
    const { access, party } = await loadPartyFolder(folder, natsUrl);
    trust ??= party;
    folders.push({ id, folder });
    accesses.set(id, access);
    if (id === "registry")
      accesses.set(PUSHER, { ...access, credentials: { file: join(folder, PARTY_FILES.pusher) } });
  }
  if (!trust) throw new LeixError("config/network-missing", dir);
  return {
    network,
    trust,
    folders,
    ids: [...accesses.keys()],
    connect(id) {
      const access = accesses.get(id);
      if (!access) throw new LeixError("config/party-unknown", id);
      return connectBroker(access, { name: `doctor-${id}` });
    },
  };
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
