export { toChunks } from "./chunks.ts";
export { parseConfig } from "./config.ts";
export { type Health, serveHealth } from "./health.ts";
export {
  type LedgerFile,
  LedgerFileHeader,
  type LedgerLine,
  openLedgerFile,
  writeLedgerFile,
} from "./ledger-file.ts";
export { runService, type Service, untilAborted } from "./lifecycle.ts";
export { createLogger, type Logger } from "./logger.ts";
export type { BrokerProcess } from "./network/broker-process.ts";
export { type CreateNetworkOptions, createNetwork } from "./network/create-network.ts";
export {
  type AgencyChoice,
  BROKER_PORT_DEFAULT,
  createPlan,
  type PlanChoices,
} from "./network/default-plan.ts";
export { findFreePort } from "./network/free-port.ts";
export type { GenesisPolicyFile } from "./network/genesis.ts";
export { type GenesisInput, loadGenesis } from "./network/genesis-files.ts";
export {
  loadNetwork,
  NETWORK_FILES,
  type NetworkFile,
  type NetworkParty,
  toPartyFolder,
  toPartyPath,
} from "./network/network-file.ts";
export {
  connectAs,
  type PartyConnection,
  type ReachOptions,
  withConnection,
} from "./network/party-connection.ts";
export { NetworkPlan, parsePlan } from "./network/plan.ts";
export { provisionNetwork } from "./network/provision-network.ts";
export { type GenesisOptions, type PublishedGenesis, publishGenesis } from "./network/publish-genesis.ts";
export { openRecordedInputs, type RecordedInputs, type SoughtInput } from "./network/recorded-inputs.ts";
export { loadRunning, type RunningFile } from "./network/running-file.ts";
export type { ServiceProcess } from "./network/service-process.ts";
export { type StartBrokerOptions, startBroker } from "./network/start-broker.ts";
export {
  type RunningNetwork,
  type RunningService,
  SERVICE_NAMES,
  type ServiceName,
  type StartNetworkOptions,
  startNetwork,
} from "./network/start-network.ts";
export { createWitnessFiles } from "./network/witness-files.ts";
export { type AccountStatement, parseAccountJwt, toPartyAccount } from "./party-account.ts";
export {
  loadCosigningKey,
  loadDecryptionKeys,
  loadPartyFolder,
  loadSigningKey,
  PARTY_FILES,
  PartyFile,
  type PartyFolder,
} from "./party-folder.ts";
export { loadPolicyFiles } from "./policy-files.ts";
export { createRateLimit, type Rate, type RateLimit } from "./rate-limit.ts";
export { readZoneVersion } from "./zone-data.ts";
