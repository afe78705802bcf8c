export {
  type AccessTexts,
  type BrokerAccess,
  loadAccessTexts,
  type SecretFile,
  type TextOrFile,
} from "./access-texts.ts";
export {
  createNetworkKeys,
  encodeNetworkJwts,
  type NetworkJwts,
  type NetworkKeys,
} from "./accounts/network-keys.ts";
export {
  checkPublicNkey,
  createNkey,
  type NkeyKind,
  type PublicNkey,
  parseSeed,
  toAccountId,
  toAccountSigner,
  toSeed,
} from "./accounts/nkeys.ts";
export {
  type ExchangeAccounts,
  encodePartyAccountJwt,
  type PartyAccount,
  type PartyStatus,
  toPartyPermissions,
} from "./accounts/party-jwt.ts";
export { lookupAccount, pushAccount } from "./accounts/push-account.ts";
export {
  BROKER_ROLES,
  type BrokerRole,
  READER_API,
  type RoleAccount,
  type RolePermissions,
  SYSTEM_ROLES,
  type SystemRole,
} from "./accounts/roles.ts";
export {
  createCredentials,
  encodeUserJwt,
  formatCredentials,
  renewCredentials,
  type UserOptions,
} from "./accounts/user-jwt.ts";
export {
  type BatchMessage,
  type CommitOptions,
  type Committed,
  commitBatch,
  publishOnce,
} from "./atomic-batch.ts";
export {
  type CertificateEnd,
  hasKey,
  isChainOf,
  listCertificateEnds,
  listHosts,
  parseCertificates,
  pickCertificate,
  toPairText,
  toPeerName,
  toShareLeft,
  toSubordinateName,
} from "./certificate-chain.ts";
export {
  createCertificateRequest,
  REQUEST_BYTES_MAX,
  type RequestAndKey,
  verifyCertificateRequest,
} from "./certificate-request.ts";
export {
  type CertificateAndKey,
  createCertificateAuthority,
  createClientCertificate,
  createServerCertificate,
  createSubordinateAuthority,
  issueClientCertificate,
  type NamedValidity,
  renewCertificateAuthority,
  renewSubordinateAuthority,
  type Validity,
} from "./certificates.ts";
export { appendCheckpoint, loadCheckpoint, type StoredCheckpoint } from "./checkpoints.ts";
export { type ConnectionEvent, type ConnectOptions, connectBroker } from "./connect.ts";
export { findRefusal, type Refusal } from "./connect-error.ts";
export { type ConnectionWatch, watchConnection } from "./connection-watch.ts";
export { type Delivery, POSTPONED_MS_MAX } from "./delivery.ts";
export { Doorbell } from "./doorbell.ts";
export {
  describeEnd,
  type Expiring,
  listAuthorityExpiring,
  listChainExpiring,
  listCredentialsExpiring,
  listExpiring,
  listOperatorExpiring,
  parseUserEnd,
  toEnd,
} from "./expiring.ts";
export { type Inbox, type InboxSubject, openInbox, parseInboxSubject } from "./inbox.ts";
export { followLedger } from "./ledger-follower.ts";
export { findLedgerSequence, type LedgerMessage } from "./ledger-range.ts";
export {
  checkStillThere,
  type LedgerEnds,
  ledgerEnds,
  ledgerHead,
  loadLedgerMessage,
  readLedger,
} from "./ledger-reader.ts";
export {
  type LedgerStream,
  loadCheckpointEnd,
  loadLedgerStream,
  loadOutEnds,
  type OutEnds,
  readRemains,
  recreateLedger,
} from "./ledger-stream.ts";
export { type OutDrain, type OutDrainOptions, openOutDrain } from "./out-drain.ts";
export {
  answerParties,
  hearQuestions,
  type QuestionHandler,
  type QuestionSubject,
} from "./party-questions.ts";
export { requestLog, requestRules, sendMessage } from "./party-requests.ts";
export {
  compareBroker,
  createStreams,
  type Difference,
  ensureClockConsumer,
  ensurePartyConsumers,
} from "./provision.ts";
export type { OutMessage } from "./round-robin.ts";
export { dropEarlierSealed, readSealedPieces, writeSealedPieces } from "./sealed-stream.ts";
export {
  type FindNatsServerOptions,
  findNatsServer,
  type NatsServerBinary,
} from "./server/find-nats-server.ts";
export { reloadServers } from "./server/reload-servers.ts";
export {
  type ClusterConfig,
  type Endpoint,
  renderServerConfig,
  type ServerConfig,
  type TlsFiles,
} from "./server/server-config.ts";
export { NATS_SERVER_VERSION_MIN } from "./server/server-version.ts";
export {
  type NatsServer,
  type ServerExit,
  type StartNatsServerOptions,
  startNatsServer,
} from "./server/start-nats-server.ts";
export { STREAM_SIZES_DEFAULT, type StreamSizes } from "./streams.ts";
export { countWaiting, listWaitingSubjects, removeWaiting } from "./waiting-messages.ts";
