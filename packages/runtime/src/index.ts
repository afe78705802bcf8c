export { parseConfig } from "./config.ts";
export { type Health, serveHealth } from "./health.ts";
export { runService, type Service, untilAborted } from "./lifecycle.ts";
export { createLogger, type Logger } from "./logger.ts";
export { type CreateNetworkOptions, createNetwork } from "./network/create-network.ts";
export {
  type AgencyChoice,
  BROKER_PORT_DEFAULT,
  createPlan,
  type PlanChoices,
} from "./network/default-plan.ts";
export type { GenesisPolicyFile } from "./network/genesis.ts";
export { type GenesisInput, loadGenesis } from "./network/genesis-files.ts";
export {
  loadNetwork,
  NETWORK_FILES,
  type NetworkFile,
  type NetworkParty,
  toPartyFolder,
} from "./network/network-file.ts";
export { NetworkPlan, parsePlan } from "./network/plan.ts";
export {
  loadDecryptionKeys,
  loadPartyFolder,
  loadSigningKey,
  PARTY_FILES,
  PartyFile,
  type PartyFolder,
} from "./party-folder.ts";
export { loadPolicyFiles } from "./policy-files.ts";
