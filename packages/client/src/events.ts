import type { ConnectionEvent } from "@leix/broker";
import type { AgencyId, Digest, ErrorCode, MessageId, MessageKind } from "@leix/protocol";

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
  /** A decision or rejection that cannot be believed, or is about nothing this node has sent. */
  | { readonly kind: "answer.refused"; readonly id: MessageId | Digest | string; readonly code: ErrorCode }
  /** Judging it needs newer membership than can be had now; it waits in the store. */
  | { readonly kind: "arrival.deferred"; readonly id: string; readonly code: ErrorCode }
  | { readonly kind: "membership.refreshed"; readonly records: number; readonly ledgerIndex: number }
  /** The node goes on with the membership it has. */
  | { readonly kind: "membership.failed"; readonly code: ErrorCode }
  | { readonly kind: "broker.changed"; readonly change: ConnectionEvent };

export type OnNodeEvent = (event: NodeEvent) => void;
