import type {
  AcknowledgementStatus,
  AgencyId,
  Digest,
  Effect,
  KeyId,
  MessageKind,
  Outcome,
  PartyId,
  RecipientGrounds,
  RecipientOutcome,
} from "@leix/protocol";
import type { z } from "zod";
import type { Ended } from "./key-register.ts";

type Status = z.infer<typeof AcknowledgementStatus>;

/** The statement that first named a key: its record, and who signed that. */
interface Registered {
  readonly index: number;
  readonly by: PartyId;
}

/** Something that the file proves to whoever trusts the anchor's key. Times are NumericDates. */
export type Proven =
  /** Somebody holds the key that the anchor, through its country's authority, says is this agency's. */
  | {
      readonly what: "message-signed";
      readonly agency: AgencyId;
      readonly kid: KeyId;
      readonly registered: Registered;
      readonly messageKind: MessageKind;
      readonly iat: number;
      readonly to: readonly AgencyId[];
      readonly copies: readonly AgencyId[];
    }
  | {
      readonly what: "message-recorded";
      readonly index: number;
      /** By the broker's clock, and by the policy service's. */
      readonly received: number;
      readonly at: number;
    }
  /** The policy service signed this decision. */
  | {
      readonly what: "decided";
      readonly kid: KeyId;
      readonly registered: Registered;
      readonly outcome: Outcome;
      readonly recipients: readonly {
        readonly agency: AgencyId;
        readonly as: RecipientOutcome["as"];
        readonly effect: z.infer<typeof Effect>;
        readonly reasons: RecipientOutcome["reasons"];
        readonly determining: RecipientGrounds["determining"];
        readonly obligations: RecipientOutcome["obligations"];
      }[];
    }
  /** The rules in force, on the facts that the decision names, were evaluated again: the same outcome. */
  | {
      readonly what: "rules-applied";
      readonly policySet: Digest;
      readonly version: number;
      /** The authorities that counted when it came into force. */
      readonly signedBy: readonly PartyId[];
      readonly files: number;
    }
  | {
      readonly what: "in-ledger";
      readonly records: number;
      readonly size: number;
      readonly root: string;
      readonly origin: string;
      readonly kid: KeyId;
      readonly registered: Registered;
    }
  | {
      readonly what: "witnessed";
      /** So many countries the anchor's statement asks for. */
      readonly quorum: number;
      /** For so many these speak: a country by its single point of contact. */
      readonly countries: number;
      readonly witnesses: readonly {
        readonly agency: AgencyId;
        /** By its own clock. */
        readonly at: number;
        readonly kid: KeyId;
        readonly registered: Registered;
      }[];
    }
  | {
      readonly what: "acknowledged";
      readonly agency: AgencyId;
      readonly kid: KeyId;
      readonly registered: Registered;
      readonly status: Status;
      readonly index: number;
      readonly at: number;
    }
  /** The statements shown were signed with keys that lead to the anchor's, which the reader trusts. */
  | {
      readonly what: "statements-signed";
      readonly statements: number;
      readonly signers: readonly {
        readonly party: PartyId;
        readonly kid: KeyId;
        readonly registered: Registered;
      }[];
    }
  /**
   * Of those that signed something here: who was suspended or revoked, and which key was withdrawn. What
   * was signed before stays signed.
   */
  | {
      readonly what: "ended-since";
      /** Of the message. */
      readonly message: number;
      readonly ended: readonly Ended[];
    }
  /** The ciphertext is the one that the sender's signature covers. */
  | { readonly what: "body-sent"; readonly bytes: number; readonly reader: KeyId }
  /** Opened: the text is the one that the sender committed itself to. */
  | { readonly what: "body-opened"; readonly bytes: number }
  | { readonly what: "no-body" };

/** What this file does not prove, and, where something else would, what would. */
export type NotProven =
  /** That nothing later was left out: a newer statement of those that the decision rests on. */
  | { readonly what: "newest-statements" }
  /** That it still stands: a correction, a consent taken back, a recall would be later records. */
  | { readonly what: "unchanged-since" }
  /** That what the decision says it found in the exchange's state was so. */
  | { readonly what: "facts" }
  /** That the rules give this outcome: this program has not the decider that the decision names. */
  | { readonly what: "rules-applied"; readonly step: string; readonly cedar: string }
  /** The dates of terms were counted with other time-zone data than this program has. */
  | { readonly what: "due-times"; readonly tz: string }
  /** Which person acted. */
  | { readonly what: "person" }
  /** That the times are right: the sender, the exchange and the witnesses say them by their own clocks. */
  | { readonly what: "times" }
  /** That it arrived: no acknowledgement of these recipients is here. */
  | { readonly what: "delivery"; readonly agencies: readonly AgencyId[] }
  /** That these could use what arrived: they say that they could not. */
  | {
      readonly what: "usable";
      readonly reports: readonly { readonly agency: AgencyId; readonly status: Status }[];
    }
  /** Too few countries have cosigned: the ledger service could have shown others another history. */
  | { readonly what: "single-history"; readonly countries: number; readonly quorum: number }
  /** The body is not here: not added, or erased. */
  | { readonly what: "body-absent" }
  /** The body is here and was not opened. */
  | { readonly what: "body-text"; readonly reader: KeyId };

export type Finding = ({ readonly kind: "proven" } & Proven) | ({ readonly kind: "not-proven" } & NotProven);
