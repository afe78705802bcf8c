import type { SigningAlgorithm } from "@leix/protocol";
import { createBrokerFiles, createBrokerParts, type NewBroker } from "./broker-files.ts";
import { refuseUsedFolder, toJsonFile, writeFolder } from "./folder-file.ts";
import { createGenesis, type Founders, type GenesisPolicyFile } from "./genesis.ts";
import { listGenesisFiles } from "./genesis-files.ts";
import type { EncryptionCurve } from "./key-pairs.ts";
import { createLogFiles, toLogUrls } from "./log-files.ts";
import { type NetworkDates, toNetworkDates } from "./network-dates.ts";
import { NETWORK_FILES, type NetworkFile } from "./network-file.ts";
import {
  createMember,
  createPartyFiles,
  createService,
  type Introduction,
  type NewMember,
  type NewParty,
  type ServiceRole,
} from "./party-files.ts";
import type { NetworkPlan } from "./plan.ts";

export interface CreateNetworkOptions {
  /** The policy set that the authorities sign at the start. */
  readonly policyFiles: readonly GenesisPolicyFile[];
  /** From when its keys and certificates count; now, where it is left out. */
  readonly now?: Date;
}

/** Users of the BROKER account that sign nothing of the exchange's. */
const SERVICES_WITHOUT_KEYS: readonly ServiceRole[] = ["auditor", "provisioner", "monitor"];

/**
 * Makes a whole network in a folder that is missing or empty: every key, the broker's configuration, one
 * folder for each party, and the signed statements that begin its ledger. Nothing is started, and nothing is
 * written before all of it is made. Throws `config/network-exists`.
 */
export async function createNetwork(
  plan: NetworkPlan,
  dir: string,
  options: CreateNetworkOptions,
): Promise<NetworkFile> {
  await refuseUsedFolder(dir);
  const dates = toNetworkDates(options.now ?? new Date());
  const broker = await createBrokerParts(dates);
  const founders = await createFounders(plan, broker, dates);
  const others = await Promise.all(SERVICES_WITHOUT_KEYS.map((id) => createService(id, broker, dates)));
  const { anchor, authorities, agencies, policy, registry, ledger } = founders;
  const parties = [anchor, ...authorities, ...agencies, policy, registry, ledger, ...others];
  const network = toNetworkFile(plan, anchor, broker, parties);
  const introduction = toIntroduction(network);
  const folders = await Promise.all(
    parties.map((party) => createPartyFiles(party, introduction, broker, dates)),
  );
  await writeFolder(dir, [
    ...(await createBrokerFiles(plan, broker, [anchor, ...authorities], dates)),
    ...folders.flat(),
    ...listGenesisFiles(await createGenesis(plan, founders, options.policyFiles, dates.iat)),
    toJsonFile(NETWORK_FILES.network, network),
  ]);
  return network;
}

async function createFounders(plan: NetworkPlan, broker: NewBroker, dates: NetworkDates): Promise<Founders> {
  const aud = plan.exchange;
  const anchor = { id: "anchor", kind: "anchor", signing: "ES256" } as const;
  const authorities = plan.authorities.map(({ country, signing = toAlgorithm(plan, country) }) => {
    return createMember({ id: country, kind: "authority", signing }, aud, dates);
  });
  const agencies = plan.agencies.map((agency) => {
    const { id, signing = toAlgorithm(plan, id), encryption = toCurve(plan, id) } = agency;
    return createMember({ id, kind: "agency", signing, encryption }, aud, dates);
  });
  // Signed notes know Ed25519 only.
  const ledger = await createService("ledger", broker, dates, { with: "Ed25519", aud });
  const logFiles = await createLogFiles(plan, broker, dates);
  return {
    anchor: await createMember(anchor, aud, dates),
    authorities: await Promise.all(authorities),
    agencies: await Promise.all(agencies),
    policy: await createService("policy", broker, dates, { with: "Ed25519", aud }),
    registry: await createService("registry", broker, dates, { with: "ES256", aud }),
    ledger: { ...ledger, files: [...ledger.files, ...logFiles] },
    clockAccount: broker.jwts.brokerAccount,
    reservedAccounts: [...broker.jwts.preload.keys()],
  };
}

/** By turns, authorities and agencies each. */
function toAlgorithm(plan: NetworkPlan, id: string): SigningAlgorithm {
  return toTurn(plan, id) % 2 === 0 ? "ES256" : "Ed25519";
}

/** By turns of two, so that every pairing of the algorithms occurs. */
function toCurve(plan: NetworkPlan, id: string): EncryptionCurve {
  return toTurn(plan, id) % 4 < 2 ? "P-256" : "X25519";
}

function toTurn(plan: NetworkPlan, id: string): number {
  const agency = plan.agencies.findIndex((one) => one.id === id);
  return agency >= 0 ? agency : plan.authorities.findIndex((one) => one.country === id);
}

function toNetworkFile(
  plan: NetworkPlan,
  anchor: NewMember,
  broker: NewBroker,
  parties: readonly (NewParty | NewMember)[],
): NetworkFile {
  const { hosts, port, streams } = plan.broker;
  const log = toLogUrls(plan);
  return {
    v: 1,
    exchange: plan.exchange,
    anchorKey: anchor.signing.kid,
    anchorAccount: anchor.account.id,
    systemAccount: broker.jwts.systemAccount,
    brokerAccount: broker.jwts.brokerAccount,
    logAccount: broker.jwts.logAccount,
    servers: hosts.map((host) => `tls://${host}:${port}`),
    ...(log ? { log } : {}),
    streams,
    parties: parties.map((party) => {
      const { id, kind, folder } = party;
      return { id, kind, folder, ...("account" in party ? { account: party.account.id } : {}) };
    }),
  };
}

function toIntroduction(network: NetworkFile): Introduction {
  const { exchange, anchorKey, anchorAccount, servers, log } = network;
  return { aud: exchange, anchorKey, anchorAccount, servers, ...(log ? { log } : {}) };
}
