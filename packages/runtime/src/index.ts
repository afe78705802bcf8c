export { toChunks } from "./chunks.ts";
export { parseConfig } from "./config.ts";
export {
  type ChallengeFile,
  closeChallenge,
  giveChallenge,
  loadChallenge,
  openChallenge,
} from "./enrolment/challenge-file.ts";
export { type CreateAgencyOptions, createAgency } from "./enrolment/create-agency.ts";
export { createInvitation, INVITATION_DAYS } from "./enrolment/create-invitation.ts";
export { proveDecryption, verifyDecryption } from "./enrolment/decryption-proof.ts";
export { NEXT_FILES, parseEnrolmentText, toEnrolmentText } from "./enrolment/enrolment-files.ts";
export { type Approved, finishApproval, installApproval } from "./enrolment/install-approval.ts";
export { loadCosigningKeys, loadSigningKeys } from "./enrolment/next-keys.ts";
export { type RotationChoice, rotateKeys, rotateUser } from "./enrolment/rotate-keys.ts";
export {
  joinHealth,
  listEndingSoon,
  loadExpiring,
  WARN_DAYS,
  watchExpiry,
} from "./expiry-watch.ts";
export { findErrorCode, type Health, type HealthPlace, healthSettings, serveHealth } from "./health.ts";
export { askSecret, isTerminal } from "./keys/ask-secret.ts";
export { isEncrypted } from "./keys/encrypted-secret.ts";
export { TokenPlace, toTokenKeyText } from "./keys/key-file.ts";
export { createPassphraseSource, type PassphraseSource, readPassphraseFile } from "./keys/passphrase.ts";
export { protectFolder, unprotectFolder } from "./keys/protect-folder.ts";
export { loadSecret, writeSecret } from "./keys/secret-file.ts";
export { openTokenKey, readTokenKey } from "./keys/token-key.ts";
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
export { loadIssuer } from "./network/issuer-files.ts";
export { toNetworkDates, toRenewedValidity } from "./network/network-dates.ts";
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
export { replaceFile } from "./network/replace-file.ts";
export { loadRunning, type RunningFile } from "./network/running-file.ts";
export { type ServiceProcess, superviseProcess } from "./network/service-process.ts";
export { type StartBrokerOptions, startBroker } from "./network/start-broker.ts";
export {
  type RunningNetwork,
  type RunningService,
  SERVICE_NAMES,
  type ServiceName,
  type StartNetworkOptions,
  startBrokerAlone,
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
export {
  type RenewalOptions,
  renewCertificateFile,
  renewCredentialsFile,
} from "./renewal/renew-access.ts";
export { type RenewedThing, type RenewNetworkOptions, renewNetwork } from "./renewal/renew-network.ts";
export { installRequested, requestCertificate } from "./renewal/request-certificate.ts";
export { createServiceKey, installServiceKey, ServiceKeyFile } from "./service-key.ts";
export {
  followServingTls,
  loadServingTls,
  readPeerName,
  type ServingFiles,
  type ServingTls,
  type TlsFollowing,
} from "./serving-tls.ts";
export { isZone, readZoneVersion } from "./zone-data.ts";
