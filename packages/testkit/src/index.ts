export {
  startTestBroker,
  TestBroker,
  type TestBrokerOptions,
  type TestConnection,
  type TestKeyPair,
  type TestParty,
} from "./broker.ts";
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
  FAULT_LINE,
  type Fault,
  type FaultOrder,
  type FaultPlace,
  startFaultyPolicy,
  startPolicy,
} from "./faulty-policy.ts";
export {
  type Forge,
  type Forged,
  type Members,
  type Oddities,
  openForge,
  signToken,
  toForged,
  toNow,
} from "./forge.ts";
export { checkExactlyOnce, untilIdle } from "./observation.ts";
export type { PartyWire, WireAnswer, WireCopy } from "./party-wire.ts";
export { type ProgramEnd, type ProgramOptions, startProgram, type TestProgram } from "./program.ts";
export { findTexts, loadExposed, loadPrivateParts } from "./secrets.ts";
export { PATIENCE_MS, waitUntil } from "./wait-until.ts";
