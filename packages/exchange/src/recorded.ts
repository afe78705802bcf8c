import type {
  AccountId,
  AgencyId,
  CrimeArea,
  DataClass,
  Digest,
  KeyId,
  Markings,
  MessageId,
  MessageKind,
  MessageRef,
  RuleId,
} from "@leix/protocol";

import type { ConsentGrant } from "./entry.ts";
import type { LinkedList } from "./linked-list.ts";

/**
 * What the exchange remembers of a message: enough to answer the named queries, not its claims. Never changed
 * in place: what a later message changes is a new value under the same key.
 */
export interface RecordedMessage {
  readonly index: number;
  readonly sequence: number;
  /** NumericDate. */
  readonly received: number;
  /** The key that signed it. Undefined of what is never recalled (recalls.ts). */
  readonly signer: KeyId | undefined;
  readonly ref: MessageRef;
  readonly kind: MessageKind;
  readonly thread: MessageId;
  readonly re: MessageRef | undefined;
  /** Of its body: what it takes in an inbox. */
  readonly bytes: number;
  /** To whom it was let through; empty where it was denied. */
  readonly permitted: readonly AgencyId[];
  /** Those of them who are to acknowledge it and have not. */
  readonly outstanding: readonly AgencyId[];
  /** Those whose officer, and not their node by itself, has acknowledged it as read. */
  readonly readers: readonly AgencyId[];
  /** Those who owe something because of it. */
  readonly owing: readonly AgencyId[];
  /** Undefined where it was denied: it is no source, so nothing asks. */
  readonly markings: Markings | undefined;
  /** Keys of the messages that it is made from directly; they may have left. */
  readonly sources: readonly string[];
  /** Keys of the messages made from it directly, the newest first; they may have left. */
  readonly derived: LinkedList<string> | undefined;
  /** Of a request that was let through, a consent, a clarification. */
  readonly request?: RecordedRequest;
  readonly consent?: RecordedConsent;
  readonly isSettled?: boolean;
  /** By its sender: what holds of it now. */
  readonly corrected?: RecordedCorrection;
  /**
   * The message that was signed with a key in wrong hands: this one, or one that it goes back to. Whoever
   * holds it is told, once.
   */
  readonly recalled?: MessageRef;
}

export interface RecordedCorrection {
  /** The correction. */
  readonly ref: MessageRef;
  readonly action: "rectify" | "erase" | "restrict";
}

export interface RecordedConsent {
  readonly grant: ConsentGrant;
  readonly isWithdrawn: boolean;
}

export interface RecordedRequest {
  readonly case: string | undefined;
  readonly crime: CrimeArea | undefined;
  readonly data: readonly DataClass[];
  /** To whom it was addressed, copies aside, and let through. */
  readonly to: readonly AgencyId[];
  /** In the order of `to`. */
  readonly standings: readonly RecordedStanding[];
  /** By a correction of its own sender: it stands nowhere any more. */
  readonly isErased: boolean;
}

/** How a request stands with one addressee; while it has questions that are not answered, no time runs. */
export type RecordedStanding =
  | { readonly kind: "open"; readonly questions: number }
  | { readonly kind: "answered" | "refused" };

/** Something a party owes by a time. */
export interface RecordedDuty {
  readonly rule: RuleId;
  readonly duty: string;
  readonly party: AgencyId;
  /** The message whose decision laid it on the party. */
  readonly about: MessageRef;
  /** Key of the message that the party holds and has to act on: the request, what is to be corrected. */
  readonly subject: string;
  /** NumericDate from which it is late. */
  readonly due: number;
  /** Time of the record that set that: it may have been late by then. */
  readonly setAt: number;
  /** NumericDate since when its time is stopped. */
  readonly stopped?: number;
  /** It is recorded as overdue. */
  readonly isRecorded?: true;
}

/** Who holds a message, or has sent it, and is to be told of a key in wrong hands. */
export interface PendingRecall {
  /** Of the message. */
  readonly key: string;
  /** Where others may read it: whose key that is. Else whoever holds it is to act on it. */
  readonly readableBy?: AgencyId;
  /** Time of the record since which it is pending. */
  readonly since: number;
}

/** Where an input that was not a message stands in the ledger. */
export interface RecordedPlace {
  readonly index: number;
  readonly sequence: number;
}

/** How much of what an account sends is rejected. See flood.ts. */
export interface RejectionRate {
  /** NumericDate: the beginning of the minute in which something was rejected last, and how much in it. */
  readonly minute: number;
  readonly count: number;
  /** The last minute that had as many as it may, as long as no summary closes it. */
  readonly full?: number;
  /**
   * Days since 1970 (in UTC) until the one in which something was rejected last, and how much was rejected
   * one by one in it.
   */
  readonly day?: { readonly number: number; readonly count: number };
  /** In the order of the ledger, the last FLOODS_REMEMBERED_MAX of them. */
  readonly summaries: readonly RecordedSummary[];
}

export interface RecordedSummary {
  readonly index: number;
  readonly minute: number;
  readonly isProposal?: true;
}

/** What one summary has rejected. */
export interface RecordedFlood {
  readonly account: AccountId;
  readonly digests: readonly Digest[];
}

/** The same of one that is found by its own digest among others. */
export interface RecordedStatement extends RecordedPlace {
  readonly digest: Digest;
}

/** Copies that were let through and not acknowledged. */
export interface Unacknowledged {
  readonly messages: number;
  /** Of their bodies, each counted whole. */
  readonly bytes: number;
}
