export { type BlockMessage, listBlockMessages } from "./block-file.ts";
export { startTestBroker } from "./broker.ts";
export { type DeafProxy, startDeafProxy } from "./deaf-proxy.ts";
export {
  createAnswer,
  createConsent,
  createNotification,
  createRequest,
  type GrantOptions,
  OFFICER,
  toAgencies,
  toDraft,
} from "./drafts.ts";
export {
  findViolations,
  type Observation,
  type ObservedInput,
  type ObservedStore,
} from "./exactly-once.ts";
export {
  type PublishedInput,
  startTestExchange,
  TestExchange,
  type TestExchangeOptions,
} from "./exchange.ts";
export type { BrokerPlace, ExchangeBroker } from "./exchange-broker.ts";
export type { ExchangeNode } from "./exchange-node.ts";
export {
  createReader,
  createSigner,
  type Forge,
  type Forged,
  type Members,
  type Oddities,
  openForge,
  signToken,
  toForged,
  toNow,
} from "./forge.ts";
export { flipBit, type LabMessage, LedgerLab, type LedgerObserver, openLedgerLab } from "./ledger-lab.ts";
export { type LeixEnd, runLeix, startLeix } from "./leix-command.ts";
export { type ClientIdentity, fetchLog, type LogAnswer } from "./log-client.ts";
export { createLedgerLab, NewLedgerLab } from "./new-ledger-lab.ts";
export { checkExactlyOnce, findSigningDigest, untilIdle } from "./observation.ts";
export type { PartyWire, WireAnswer, WireCopy } from "./party-wire.ts";
export { type ProgramEnd, type ProgramOptions, startProgram, type TestProgram } from "./program.ts";
export { RecordedNetwork, startRecordedNetwork } from "./recorded-network.ts";
export { findTexts, loadExposed, loadPrivateParts } from "./secrets.ts";
export {
  type Fault,
  type FaultOrder,
  type FaultPlace,
  findLastFault,
  type LedgerFaultOrder,
  startAgency,
  startFaultyLedger,
  startFaultyPolicy,
  startLedger,
  startPolicy,
} from "./service-programs.ts";
export { createSoftToken, hasSoftToken, SOFT_TOKEN_HOW, type SoftToken } from "./soft-token.ts";
export {
  TestBroker,
  type TestBrokerOptions,
  type TestConnection,
  type TestKeyPair,
  type TestParty,
} from "./test-broker.ts";
export { PATIENCE_MS, waitUntil } from "./wait-until.ts";
