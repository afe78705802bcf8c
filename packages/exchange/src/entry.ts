import type {
  Body,
  Claims,
  Digest,
  ErrorCode,
  InputPlace,
  KeyId,
  Lapse,
  LedgerEpoch,
  MessageRef,
  ParsedJws,
  RejectedInput,
  Statement,
  SuspensionProposal,
  Verdict,
} from "@leix/protocol";
import type { SignedName } from "./examined-record.ts";

/** What a party sent, as the broker stored it. `received` is OUT's timestamp in whole seconds. */
export interface Input {
  readonly account: InputPlace["account"];
  readonly sequence: number;
  readonly received: number;
  readonly bytes: Uint8Array;
  /** Given up after DELIVERIES_MAX deliveries without an outcome: it is rejected without being looked at. */
  readonly isGivenUp: boolean;
}

interface Sent {
  readonly account: InputPlace["account"];
  readonly sequence: number;
  readonly received: number;
  /** Digest of the bytes as sent: what a rejection is recorded under. */
  readonly rawDigest: Digest;
}

/**
 * An input after everything that needs no state: taken apart, its form checked, its signature tried. The
 * outcome of the signature is a fact of the token and a key, whatever the registry later says of that key.
 * What is stepped of a token is who signed it and what; the token itself is for those who record it.
 */
export type Examined<Token extends SignedName = ParsedJws> =
  | (Sent & {
      readonly kind: "message";
      readonly jws: Token;
      readonly claims: Claims;
      readonly body?: Body;
    })
  | (Sent & { readonly kind: "statement"; readonly jws: Token; readonly statement: Statement })
  | (Sent & { readonly kind: "tick" })
  | (Sent & { readonly kind: "unusable"; readonly code: ErrorCode; readonly detail: string });

export type ConsentGrant = Extract<Claims, { kind: "consent" }>["grant"];

interface Place {
  readonly index: number;
  readonly input: InputPlace;
  readonly received: number;
  readonly at: number;
}

/** The content of a ledger record before it is signed: what `step` answers and `fold` takes in. */
export type Entry =
  | (Place & {
      readonly kind: "message";
      readonly claims: Claims;
      readonly ref: MessageRef;
      /** The key that signed it. */
      readonly kid: KeyId;
      readonly policySet: Digest;
      readonly verdict: Verdict;
    })
  | (Place & { readonly kind: "statement"; readonly statement: Statement })
  | (Place & { readonly kind: "rejection"; readonly code: ErrorCode; readonly detail: string })
  | (Place & {
      readonly kind: "flood";
      /** NumericDate. */
      readonly minute: number;
      readonly inputs: readonly RejectedInput[];
      readonly proposal?: SuspensionProposal | undefined;
    })
  | (Place & { readonly kind: "event"; readonly lapse: Lapse })
  | (Place & { readonly kind: "seal"; readonly epoch: LedgerEpoch; readonly state: Digest });

/** The clock ticked and no time had run out: there is nothing to record. */
export interface NothingDue {
  readonly kind: "nothing-due";
}

/**
 * Its account has had as many rejections recorded in this minute as a minute may have: it waits until then
 * (NumericDate), for the one record of all that wait with it. See flood.ts.
 */
export interface Throttled {
  readonly kind: "throttled";
  readonly code: ErrorCode;
  readonly until: number;
}

/**
 * It would be denied to everyone, and its account has had as many refusals recorded in this minute as a
 * minute may have: it and all that its account sent after it wait until then (NumericDate), and are decided
 * then. See flood.ts.
 */
export interface Deferred {
  readonly kind: "deferred";
  readonly until: number;
}

/** What `step` makes of an input. */
export type Answer = Entry | Repeat | NothingDue | Throttled | Deferred;

/** The same input was recorded before. */
export interface Repeat {
  readonly kind: "repeat";
  readonly index: number;
  /** Whether it is the very delivery the record names: then it may still have to be routed. */
  readonly sameDelivery: boolean;
}

/**
 * Why an input is rejected. The detail names members and ids, never content; it is told to the sender only.
 */
export interface Refusal {
  readonly code: ErrorCode;
  readonly detail: string;
}
