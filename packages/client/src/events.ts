import type { ConnectionEvent } from "@leix/broker";
import type { AgencyId, Digest, ErrorCode, MessageId, MessageKind, Notice, PartyId } from "@leix/protocol";
import type { Erasure } from "./store/inbox.ts";

/**
 * What happens in a node, for a log or a screen. Ids, kinds, counts and codes; never claims' content, never
 * bodies.
 */
export type NodeEvent =
  | { readonly kind: "message.stored"; readonly messageId: MessageId; readonly messageKind: MessageKind }
  /** The exchange has it durably. */
  | { readonly kind: "message.sent"; readonly messageId: MessageId }
  /** It stays in the outbox and is sent again. */
  | { readonly kind: "message.unsent"; readonly messageId: MessageId; readonly code: ErrorCode }
  | {
      readonly kind: "message.received";
      readonly messageId: MessageId;
      readonly agencyId: AgencyId;
      readonly messageKind: MessageKind;
      readonly ledgerIndex: number;
    }
  /** Kept as it came, acknowledged as what it is, and not shown as a message. */
  | {
      readonly kind: "message.unverifiable" | "message.undecryptable";
      readonly messageId: string;
      readonly account: string;
      readonly code: ErrorCode;
    }
  | {
      readonly kind: "message.decided";
      readonly messageId: MessageId;
      readonly decision: "permitted" | "partly-permitted" | "denied";
      readonly ledgerIndex: number;
    }
  | {
      readonly kind: "message.rejected";
      readonly messageId: MessageId;
      readonly code: ErrorCode;
      readonly ledgerIndex: number;
    }
  /** It came back because its key counts no longer, and is sent once more, as another message. */
  | {
      readonly kind: "message.signed-again";
      readonly messageId: MessageId;
      readonly replacedBy: MessageId;
      readonly ledgerIndex: number;
    }
  /**
   * The exchange has refused as many of its messages as it refuses in a minute: the others are decided after
   * that (NumericDate). They are not sent again meanwhile.
   */
  | { readonly kind: "messages.waiting"; readonly until: number }
  /** Somebody refers to a message of this agency that is not here: the folder is older than what was sent. */
  | { readonly kind: "chain.behind"; readonly messageId: MessageId }
  /** The exchange tells this agency something about a message: `due` is when it has to be done by. */
  | {
      readonly kind: "notice.received";
      readonly notice: Notice["notice"];
      readonly rule: Notice["rule"];
      readonly messageId: MessageId;
      readonly ledgerIndex: number;
      readonly due?: number;
    }
  /** A party of its country floods the exchange: its authority should look at that. */
  | { readonly kind: "suspension.proposed"; readonly party: PartyId; readonly ledgerIndex: number }
  | { readonly kind: "notice.refused"; readonly id: string; readonly code: ErrorCode }
  /** Its text is gone from here: its time was over, or an officer erased it. */
  | { readonly kind: "message.erased"; readonly messageId: string; readonly why: Erasure }
  /** A decision or rejection that cannot be believed, or is about nothing this node has sent. */
  | { readonly kind: "answer.refused"; readonly id: MessageId | Digest | string; readonly code: ErrorCode }
  /** Judging it needs newer membership than can be had now; it waits in the store. */
  | { readonly kind: "arrival.deferred"; readonly id: string; readonly code: ErrorCode }
  | { readonly kind: "membership.refreshed"; readonly records: number; readonly ledgerIndex: number }
  /** The node goes on with the membership it has. */
  | { readonly kind: "membership.failed"; readonly code: ErrorCode }
  /** A checkpoint extends the last one, is kept, and cosigned where there is a key for it. */
  | { readonly kind: "checkpoint.witnessed"; readonly size: number }
  /** A checkpoint, or what came as one, that is not believed. */
  | { readonly kind: "checkpoint.refused"; readonly code: ErrorCode; readonly file?: string }
  /** The ledger service has not taken the cosignature of its own checkpoint; it is offered again. */
  | { readonly kind: "cosignature.refused"; readonly size: number; readonly code: ErrorCode }
  /** The alarm: the ledger's key has signed two histories, and this file proves it. */
  | { readonly kind: "ledger.forked"; readonly code: ErrorCode; readonly file: string }
  /** The ledger service cannot be asked; it is asked again. */
  | { readonly kind: "witness.waiting"; readonly code: ErrorCode }
  | { readonly kind: "broker.changed"; readonly change: ConnectionEvent };

export type OnNodeEvent = (event: NodeEvent) => void;
