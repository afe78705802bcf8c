import { createStreams, ensureClockConsumer, ensurePartyConsumers } from "@leix/broker";
import type { AccountId } from "@leix/protocol";
import { loadNetwork, type NetworkFile } from "./network-file.ts";
import { type ReachOptions, withConnection } from "./party-connection.ts";

/**
 * Makes a running broker ready for the first statement: the streams, and the consumers of the anchor, the
 * authorities and the clock, whose accounts the server knows from its configuration. Everyone else's are
 * made by the registry, from the ledger. Repeating it changes nothing. Throws `broker/refused` where a
 * stream exists with other settings.
 */
export async function provisionNetwork(dir: string, options: ReachOptions = {}): Promise<void> {
  const network = await loadNetwork(dir);
  await withConnection(dir, network, "provisioner", options, (nc) => createStreams(nc, network.streams));
  await withConnection(dir, network, "registry", options, async (nc) => {
    for (const account of listFounderAccounts(network)) await ensurePartyConsumers(nc, account);
    await ensureClockConsumer(nc, network.brokerAccount);
  });
}

/** Those whose statements must be able to enter before any other account is made. */
function listFounderAccounts({ parties }: NetworkFile): AccountId[] {
  return parties.flatMap(({ kind, account }) => {
    return account && (kind === "anchor" || kind === "authority") ? [account] : [];
  });
}
