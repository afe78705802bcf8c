export type {
  Acknowledgement,
  Archive,
  Problem,
  ReceivedMessage,
  SentMessage,
  StoredMessage,
} from "./archive.ts";
export type { BodyText, Draft } from "./draft.ts";
export type { NodeEvent, OnNodeEvent } from "./events.ts";
export type {
  ExplainedProblem,
  ExplainedReason,
  ExplainedRecipient,
  MessageExplanation,
} from "./explain.ts";
export { type AgencyNode, createNode, type NodeOptions, type Sent } from "./node.ts";
export type { OfficerName } from "./officer.ts";
export type { InboxDelivery, Post } from "./ports.ts";
export type { RunChoices } from "./run-node.ts";
