import {
  type CertificateAndKey,
  createCertificateAuthority,
  createNetworkKeys,
  createServerCertificate,
  encodeNetworkJwts,
  encodePartyAccountJwt,
  type NetworkJwts,
  type NetworkKeys,
  renderServerConfig,
  toSeed,
} from "@leix/broker";
import type { AccountId } from "@leix/protocol";
import { type FolderFile, moveInto, toPublic, toSecret } from "./folder-file.ts";
import type { NetworkDates } from "./network-dates.ts";
import { NATS_CONFIG_FILE, NETWORK_FILES } from "./network-file.ts";
import type { NewMember } from "./party-files.ts";
import type { NetworkPlan } from "./plan.ts";

/** The broker's side of a new network: its keys, its first accounts, its certificate authority. */
export interface NewBroker {
  readonly keys: NetworkKeys;
  readonly jwts: NetworkJwts;
  readonly authority: CertificateAndKey;
}

const STORE_BYTES_MAX = 256 * 1_073_741_824;
/** Always in a server's certificate: whoever is on its machine reaches it by these. */
export const LOCAL_HOSTS = ["localhost", "127.0.0.1", "::1"];
/** Key and certificate in one file: whoever renews them replaces both at once. */
export const BROKER_CERTIFICATE = "tls/server.pem";
const TLS = { certFile: BROKER_CERTIFICATE, keyFile: BROKER_CERTIFICATE, caFile: "tls/ca.crt" };
const OFFLINE = `These keys are used once, when the network is made, and then belong offline, in a safe:

  identity/operator.nk   the operator of the NATS servers: signs which keys may sign accounts
  identity/system.nk     the identity of the account SYS
  identity/broker.nk     the identity of the account BROKER, which owns every stream
  identity/reader.nk     the identity of the account READER, where those live who only read
  identity/log.nk        the identity of the account LOG, where the ledger service lives

These stay with the operator, also away from the machines that serve:

  signing.nk             signs accounts; the registry has its own copy (services/registry/operator-signing.nk)
  roles/<role>.nk        each signs users of one role and can give nothing more; that of the restorer, who can
                         take LEDGER away and fill it again, is needed for \`leix ledger restore\` only, that
                         of the reloader for \`leix network renew\` only

The identity of each party's account is in the party's own folder (offline/account.nk) and goes offline too.
Nothing here is read by a running service.
`;

export async function createBrokerParts(dates: NetworkDates): Promise<NewBroker> {
  const keys = createNetworkKeys();
  return {
    keys,
    jwts: await encodeNetworkJwts("leix", keys),
    authority: await createCertificateAuthority("LEIX-CA", dates.authority),
  };
}

/**
 * `nats/`, which is the working folder of a nats-server, `ca/` and `operator/`. The server knows the accounts
 * of the anchor and the authorities from the start, so that the first statements can enter; the registry
 * makes all others.
 */
export async function createBrokerFiles(
  plan: NetworkPlan,
  broker: NewBroker,
  founders: readonly NewMember[],
  dates: NetworkDates,
): Promise<FolderFile[]> {
  const { authority, jwts } = broker;
  const server = await createServerCertificate(authority, {
    ...dates.certificates,
    name: "broker",
    hosts: [...new Set([...LOCAL_HOSTS, ...plan.broker.hosts])],
  });
  const preload = new Map([...jwts.preload, ...(await encodeFounders(broker, founders))]);
  const nats = [
    toPublic(TLS.caFile, authority.certificate),
    toSecret(TLS.keyFile, server.key + server.certificate),
    toSecret(NATS_CONFIG_FILE, renderConfig(plan, { ...jwts, preload })),
  ];
  return [
    ...moveInto(NETWORK_FILES.ca, [
      toPublic("ca.crt", authority.certificate),
      toSecret("ca.key", authority.key),
    ]),
    ...moveInto(NETWORK_FILES.nats, nats),
    ...moveInto(NETWORK_FILES.operator, listOperatorFiles(broker.keys)),
  ];
}

async function encodeFounders(
  broker: NewBroker,
  founders: readonly NewMember[],
): Promise<[AccountId, string][]> {
  const { brokerAccount, logAccount } = broker.jwts;
  const options = { brokerAccount, logAccount, signer: broker.keys.operatorSigning };
  return Promise.all(
    founders.map(async ({ id, account }): Promise<[AccountId, string]> => {
      const status = { kind: "active" } as const;
      const party = { account: account.id, name: id, signingKeys: account.signers, status };
      return [account.id, await encodePartyAccountJwt(party, options)];
    }),
  );
}

function renderConfig(plan: NetworkPlan, jwts: NetworkJwts): string {
  const { listen, port, monitorPort } = plan.broker;
  return renderServerConfig({
    ...jwts,
    serverName: "leix",
    listen: { host: listen, port },
    tls: TLS,
    accountsFolder: "jwt",
    storeFolder: "store",
    storeBytesMax: STORE_BYTES_MAX,
    ...(monitorPort === undefined ? {} : { monitor: { host: "127.0.0.1", port: monitorPort } }),
  });
}

function listOperatorFiles(keys: NetworkKeys): FolderFile[] {
  const roles = Object.entries({ ...keys.brokerRoles, ...keys.systemRoles });
  return [
    toPublic("README.txt", OFFLINE),
    toSecret("identity/operator.nk", toSeed(keys.operator)),
    toSecret("identity/system.nk", toSeed(keys.system)),
    toSecret("identity/broker.nk", toSeed(keys.broker)),
    toSecret("identity/reader.nk", toSeed(keys.reader)),
    toSecret("identity/log.nk", toSeed(keys.log)),
    toSecret("signing.nk", toSeed(keys.operatorSigning)),
    ...roles.map(([role, key]) => toSecret(`roles/${role}.nk`, toSeed(key))),
  ];
}
