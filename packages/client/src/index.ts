export type { Acknowledgement } from "./acknowledgements.ts";
export type {
  Archive,
  Problem,
  ReceivedMessage,
  SentMessage,
  StoredMessage,
  StoredNotice,
  StoredProposal,
} from "./archive.ts";
export {
  type ApprovedRequest,
  approveRequest,
  type ExaminedRequest,
  examineRequest,
} from "./desk/approve-request.ts";
export { type Desk, type DeskOptions, openDesk, type StatementContent } from "./desk/desk.ts";
export { DESK_FILES, type Outgoing } from "./desk/desk-folder.ts";
export { type EnrolmentDesk, toAuthorityChain } from "./desk/enrolment-desk.ts";
export type { KeptStatement } from "./desk/kept-statements.ts";
export { parseSigned, type SignedStatement } from "./desk/signed-statement.ts";
export type { StatementAnswer } from "./desk/take-answers.ts";
export { readToldStatements } from "./desk/told-statements.ts";
export type { BodyText, Draft } from "./draft.ts";
export type { DutyState, OwnDuty } from "./duties.ts";
export { type ExplainedDuty, explainDuty } from "./duty-texts.ts";
export type { NodeEvent, OnNodeEvent } from "./events.ts";
export type {
  ExplainedNotice,
  ExplainedProblem,
  ExplainedReason,
  ExplainedRecipient,
  MessageExplanation,
} from "./explain.ts";
export { type AgencyNode, createNode, type NodeOptions, type OfficerWord, type Sent } from "./node.ts";
export type { OfficerName } from "./officer.ts";
export { listKeyEnds } from "./own-keys.ts";
export type { InboxDelivery, Post } from "./ports.ts";
export type { Receipt } from "./receipts.ts";
export { type RecordedEnd, resumeChain } from "./resume-chain.ts";
export type { BodyReader } from "./rewrap-body.ts";
export type { RunChoices } from "./run-node.ts";
export type { HeldMessage } from "./store/outbox.ts";
export { openSeenLedger, type SeenLedger } from "./store/seen.ts";
export {
  type Comparison,
  compareCheckpoints,
  createVerifiers,
  type LoadTile,
  type LogKeysOf,
} from "./witness/compare.ts";
export type { WitnessAnswer } from "./witness/cosigner.ts";
export { createForkFolder, type ForkFolder } from "./witness/fork-folder.ts";
export { createLedgerLog } from "./witness/ledger-log.ts";
export { examineServedTree, SERVED_SETTLE_MS, type ServedTree } from "./witness/served-tree.ts";
export type { CosignOutcome, Witness, WitnessedCheckpoint } from "./witness.ts";
