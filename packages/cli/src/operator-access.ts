import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type BrokerAccess,
  type BrokerRole,
  connectBroker,
  createClientCertificate,
  createCredentials,
  parseSeed,
  type SystemRole,
} from "@leix/broker";
import { type AccountId, LeixError, limits } from "@leix/protocol";
import { NETWORK_FILES, type NetworkFile, type PartyConnection } from "@leix/runtime";

export interface OperatorAct {
  readonly role: BrokerRole | SystemRole;
  /** Where users of that role live. */
  readonly account: AccountId;
  /** How long the act may take; what is not done then needs another user. */
  readonly validMs: number;
  readonly natsUrl?: string | undefined;
  readonly firstConnectWaitMs: number;
}

/**
 * Connects as a user that is made for one act and ends by itself, so that nobody holds its right while the
 * exchange runs. Needs the operator's own keys in the network folder. The caller closes it.
 */
export async function connectOperator(
  dir: string,
  network: NetworkFile,
  act: OperatorAct,
): Promise<PartyConnection> {
  const servers = act.natsUrl ? [act.natsUrl] : network.servers;
  const access = await createAccess(dir, act, Date.now());
  return connectBroker(
    { ...access, servers: servers.map((url) => url.replace("tls://", "")) },
    { name: act.role, firstConnectWaitMs: act.firstConnectWaitMs },
  );
}

async function createAccess(
  dir: string,
  { role, account, validMs }: OperatorAct,
  now: number,
): Promise<Omit<BrokerAccess, "servers">> {
  const seed = await readText(join(dir, NETWORK_FILES.operator, "roles", `${role}.nk`));
  const authority = {
    certificate: await readText(join(dir, NETWORK_FILES.ca, "ca.crt")),
    key: await readText(join(dir, NETWORK_FILES.ca, "ca.key")),
  };
  const from = new Date(now - limits.CLOCK_SKEW_SECONDS_MAX * 1_000);
  const to = new Date(now + validMs);
  const own = await createClientCertificate(authority, { name: role, from, to });
  const credentials = await createCredentials({
    name: role,
    account,
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
