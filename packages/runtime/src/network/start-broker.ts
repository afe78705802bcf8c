import { join } from "node:path";
import { findNatsServer, type NatsServer, startNatsServer } from "@leix/broker";
import { NATS_CONFIG_FILE, NETWORK_FILES } from "./network-file.ts";

export interface StartBrokerOptions {
  /** Where nats-server is looked for: LEIX_NATS_SERVER, PATH, XDG_CACHE_HOME, HOME. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Told in one line what is being fetched. */
  readonly say: (line: string) => void;
  /** Given every line of the server's log. */
  readonly onLine?: (line: string) => void;
  /** How long the server may take until it is ready. */
  readonly readyTimeoutMs?: number;
}

/** Starts the network's own nats-server. Throws `broker/server-missing` and `broker/server-failed`. */
export async function startBroker(dir: string, options: StartBrokerOptions): Promise<NatsServer> {
  const { path } = await findNatsServer({ env: options.env, say: options.say });
  return startNatsServer({
    binary: path,
    folder: join(dir, NETWORK_FILES.nats),
    configFile: NATS_CONFIG_FILE,
    ...(options.onLine ? { onLine: options.onLine } : {}),
    ...(options.readyTimeoutMs ? { readyTimeoutMs: options.readyTimeoutMs } : {}),
  });
}
