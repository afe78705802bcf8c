import { type Digest, type MessageKind, type MessageRef, openDecision } from "@leix/protocol";
import type { Identity } from "./identity.ts";
import type { ReceivedRow, SentStatus } from "./store/outbox.ts";

/**
 * A message that the exchange has acknowledged: received durably, so to be found in its ledger. What it is
 * known by there: its reference and number where it was decided, its bytes' digest where it was rejected.
 */
export interface Receipt {
  readonly ref: MessageRef;
  readonly seq: number;
  readonly kind: MessageKind;
  readonly rawDigest: Digest;
  readonly status: Exclude<SentStatus, "stored">;
  readonly storedMs: number;
  /** By the agency's own clock. Absent where the answer came, and no acknowledgement before it. */
  readonly receivedMs?: number;
  /** What the exchange told the agency: which record decides it, and the digest of that decision. */
  readonly told?: { readonly index: number; readonly decision: Digest };
}

export function toReceipt(row: ReceivedRow, { agency }: Pick<Identity, "agency">): Receipt {
  const { id, seq, digest, rawDigest, kind, status, decision, storedMs, receivedMs } = row;
  const opened = decision === null ? undefined : openDecision(decision);
  return {
    ref: { iss: agency, id, digest },
    ...{ seq, kind, rawDigest, storedMs },
    status: status === "stored" ? "received" : status,
    ...(receivedMs === null ? {} : { receivedMs }),
    ...(opened ? { told: { index: opened.content.index, decision: opened.jws.digest } } : {}),
  };
}
