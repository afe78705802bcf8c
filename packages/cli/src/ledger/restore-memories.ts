import { rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { type NetworkFile, toPartyFolder } from "@leix/runtime";
import { createSeenFile, SEEN_FILE, type Seen } from "@leix/seen-ledger";
import { isSameHash, type TreeHead, toRoot } from "@leix/tlog";

/** What a service remembers of the ledger; it stops where LEDGER is not that. */
export interface ServiceMemory {
  readonly service: string;
  readonly folder: string;
  readonly seen: Seen;
}

const FOLLOWERS = ["policy", "registry", "auditor"];

/** Of the services whose folders are here. Throws `config/invalid` for one that cannot be read. */
export async function loadMemories(dir: string, network: NetworkFile): Promise<ServiceMemory[]> {
  const memories = FOLLOWERS.map(async (service): Promise<ServiceMemory[]> => {
    const folder = toPartyFolder(dir, network, service);
    const isHere = await stat(folder).then(
      () => true,
      () => false,
    );
    const seen = isHere ? await createSeenFile(folder).load() : undefined;
    return seen ? [{ service, folder, seen }] : [];
  });
  return (await Promise.all(memories)).flat();
}

/** At which the roots are needed, to compare what they have seen. */
export function listSeenSizes(memories: readonly ServiceMemory[]): number[] {
  return memories.flatMap(({ seen }) => toSeenHeads(seen).map(({ size }) => size));
}

function toSeenHeads({ records, tree, checkpoint }: Seen): TreeHead[] {
  return [{ size: records, root: toRoot(tree) }, ...(checkpoint ? [checkpoint] : [])];
}

/** Those who have seen what the store does not have. */
export function listContradicted(
  memories: readonly ServiceMemory[],
  roots: ReadonlyMap<number, Uint8Array>,
): ServiceMemory[] {
  return memories.filter(({ seen }) =>
    toSeenHeads(seen).some((head) => {
      const root = roots.get(head.size);
      return head.size > 0 && !(root && isSameHash(root, head.root));
    }),
  );
}

/** Puts what they remember aside: they begin again with what LEDGER has then. */
export async function forget(memories: readonly ServiceMemory[]): Promise<void> {
  for (const { folder, seen } of memories) {
    await rename(join(folder, SEEN_FILE), join(folder, `seen-${seen.records}-lost.json`));
  }
}
