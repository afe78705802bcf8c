import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type BrokerAccess,
  connectBroker,
  createClientCertificate,
  createCredentials,
  parseSeed,
} from "@leix/broker";
import { LeixError, limits } from "@leix/protocol";
import { NETWORK_FILES, type NetworkFile, type PartyConnection } from "@leix/runtime";

/** Long enough for a large ledger; where it is not, the next run goes on where this one was. */
const VALID_MS = 6 * 3_600_000;
const FIRST_CONNECT_WAIT_MS = 30_000;

/**
 * Connects as a user that is made for this and ends by itself: nobody holds the right to delete a stream
 * while the exchange runs. Needs the operator's own keys in the network folder. The caller closes it.
 */
export async function connectRestorer(
  dir: string,
  network: NetworkFile,
  natsUrl?: string,
): Promise<PartyConnection> {
  const servers = natsUrl ? [natsUrl] : network.servers;
  const access = await createAccess(dir, network, Date.now());
  return connectBroker(
    { ...access, servers: servers.map((url) => url.replace("tls://", "")) },
    { name: "restorer", firstConnectWaitMs: FIRST_CONNECT_WAIT_MS },
  );
}

async function createAccess(
  dir: string,
  { brokerAccount }: NetworkFile,
  now: number,
): Promise<Omit<BrokerAccess, "servers">> {
  const seed = await readText(join(dir, NETWORK_FILES.operator, "roles", "restorer.nk"));
  const authority = {
    certificate: await readText(join(dir, NETWORK_FILES.ca, "ca.crt")),
    key: await readText(join(dir, NETWORK_FILES.ca, "ca.key")),
  };
  const from = new Date(now - limits.CLOCK_SKEW_SECONDS_MAX * 1_000);
  const to = new Date(now + VALID_MS);
  const own = await createClientCertificate(authority, { name: "restorer", from, to });
  const credentials = await createCredentials({
    name: "restorer",
    account: brokerAccount,
    signer: parseSeed("account", seed),
    expiresAt: Math.floor(to.getTime() / 1_000),
  });
  return {
    ca: { text: authority.certificate },
    certificate: { text: own.certificate },
    key: { text: own.key },
    credentials: { text: credentials },
  };
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new LeixError("config/invalid", `cannot read ${file}, one of the operator's own keys`, { cause });
  }
}
