export { countSignatures, listSignatories, toAgreementDigest, toProposalKey } from "./agreements.ts";
export { type AuditedBatch, type AuditedTried, auditBatch, auditTried } from "./audit-batch.ts";
export { auditRemains, openRemains } from "./audit-remains.ts";
export { type BatchOptions, type Decided, decideBatch, decideFlood, type ThrottledInput } from "./batch.ts";
export { checkRecord, type RecordChecks, verifyPlace } from "./chain.ts";
export { chooseDecider, DECIDERS, findDecider, isAllowed, type KnownDecider } from "./decider.ts";
export { type Delivery, listDeliveries, listRepeated, listReplies } from "./deliveries.ts";
export { nextDue } from "./duties.ts";
export type { Answer, Entry, Examined, Input, NothingDue, Repeat } from "./entry.ts";
export { epochEnd } from "./epochs.ts";
export { checkSignature, examine, type SignatureCheck } from "./examine.ts";
export type { ExaminedRecord } from "./examined-record.ts";
export { findDeferral, listProposals } from "./flood.ts";
export { fold } from "./fold.ts";
export { type FollowedBatch, followChain, resumeAfter, resumeStatement } from "./follow-chain.ts";
export { toLedgerSubject } from "./ledger-subject.ts";
export { OVERDUE_GRACE_SECONDS } from "./limits.ts";
export { hasLeft, isTakingPart, toAccountStatus, withoutWithdrawnKeys } from "./members.ts";
export { createQueries } from "./queries.ts";
export { toEntry } from "./recorded-entry.ts";
export { isRecordedInput } from "./recorded-input.ts";
export { audit, auditParsedStatement, auditStatement, follow } from "./replay.ts";
export {
  listSealedParts,
  openSealedState,
  type SealedItem,
  type SealedState,
  verifySealed,
} from "./sealed-state.ts";
export { createSenders, type SenderReport, type SenderStep, toSenderStep } from "./senders.ts";
export type { ChainedMessage, SenderFinding } from "./senders-chain.ts";
export { createRestorer, listParts, type SnapshotPart } from "./snapshot.ts";
export {
  absorbLayer,
  createLayer,
  createState,
  type OwnedKey,
  type Party,
  type State,
  type Trust,
  toFileKey,
} from "./state.ts";
export { createStatistics, type Period, type StatisticsTally } from "./statistics.ts";
export { step } from "./step.ts";
export type { TriedRecord } from "./tried-record.ts";
export { findVersions, type Unversioned } from "./versions.ts";
export { type Determining, type WhatIf, type WhatIfDuty, type WhatIfRecipient, whatIf } from "./what-if.ts";
export {
  type ChangeCount,
  createWhatIfTally,
  type OtherReason,
  type WhatIfChange,
  type WhatIfCounts,
  type WhatIfExample,
  type WhatIfMessage,
} from "./what-if-tally.ts";
export {
  acceptLedgerCheckpoint,
  countCountries,
  listCosigningKeys,
  listLogKeys,
  listLogKeysOf,
  listWitnesses,
  toWitnessQuorum,
  type Witness,
  type WitnessQuorum,
} from "./witnesses.ts";
