import { readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { loadNetwork, toPartyFolder } from "@leix/runtime/network-file";

/** Of the ledger service, beside its store: the newest checkpoint that the quorum has cosigned. */
export const COSIGNED_FILE = "cosigned";

/** Believed by nobody. Undefined where none is kept beside the store. */
export function loadStoredCosigned(folder: string): Promise<Uint8Array | undefined> {
  return readKept(dirname(resolve(folder)));
}

/** The same, of the network's own ledger service, where its folder is here. */
export async function loadNetworkCosigned(dir: string): Promise<Uint8Array | undefined> {
  const network = await loadNetwork(dir);
  const isHere = network.parties.some(({ id }) => id === "ledger");
  return isHere ? readKept(toPartyFolder(dir, network, "ledger")) : undefined;
}

/** What cannot be read is not kept here: whoever goes on without it says that nothing is cosigned. */
async function readKept(folder: string): Promise<Uint8Array | undefined> {
  return readFile(join(folder, COSIGNED_FILE)).catch(() => undefined);
}
