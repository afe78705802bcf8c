import { connectBroker } from "@leix/broker";
import { loadPartyFolder } from "../party-folder.ts";
import { type NetworkFile, toPartyFolder } from "./network-file.ts";

export interface ReachOptions {
  /** Where the broker is, instead of what the folder says: `tls://host:port`. */
  readonly natsUrl?: string | undefined;
  /** How long a broker that has just been started may take; half a minute where it is left out. */
  readonly firstConnectWaitMs?: number;
  readonly signal?: AbortSignal;
}

export type PartyConnection = Awaited<ReturnType<typeof connectBroker>>;

const FIRST_CONNECT_WAIT_MS = 30_000;

/** A connection of one party of the network, with what is in its folder. The caller closes it. */
export async function connectAs(
  dir: string,
  network: NetworkFile,
  id: string,
  options: ReachOptions = {},
): Promise<PartyConnection> {
  const { access } = await loadPartyFolder(toPartyFolder(dir, network, id), options.natsUrl);
  const { signal, firstConnectWaitMs = FIRST_CONNECT_WAIT_MS } = options;
  return connectBroker(access, { name: id, firstConnectWaitMs, ...(signal ? { signal } : {}) });
}

/**
 * The same for one piece of work. It is closed whatever comes of the work, also when the broker is away by
 * then.
 */
export async function withConnection<T>(
  dir: string,
  network: NetworkFile,
  id: string,
  options: ReachOptions,
  work: (nc: PartyConnection) => Promise<T>,
): Promise<T> {
  const nc = await connectAs(dir, network, id, options);
  try {
    return await work(nc);
  } finally {
    await nc.close();
  }
}
