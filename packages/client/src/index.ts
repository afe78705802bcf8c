export type {
  Acknowledgement,
  Archive,
  Problem,
  ReceivedMessage,
  SentMessage,
  StoredMessage,
  StoredNotice,
} from "./archive.ts";
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
export type { InboxDelivery, Post } from "./ports.ts";
export type { Receipt } from "./receipts.ts";
export type { BodyReader } from "./rewrap-body.ts";
export type { RunChoices } from "./run-node.ts";
export type { HeldMessage } from "./store/outbox.ts";
export { type Comparison, compareCheckpoints, type LoadTile } from "./witness/compare.ts";
export type { WitnessAnswer } from "./witness/cosigner.ts";
export { createForkFolder, type ForkFolder } from "./witness/fork-folder.ts";
export type { Witness, WitnessedCheckpoint } from "./witness.ts";
