import type {
  AgencyId,
  AgencyRole,
  AgencyType,
  Classification,
  ConsentPermit,
  CountryCode,
  Markings,
  MessageRef,
  PartyStatus,
  Purpose,
  TermsContent,
} from "@leix/protocol";

/**
 * What the principles may ask of the exchange's state: a closed list, each answer a fact of the ledger's
 * prefix.
 */
export interface Queries {
  /** A registered agency, whatever its status. */
  agency(id: AgencyId): KnownAgency | undefined;
  /** Terms in force between two countries: signed by both, not ended. */
  terms(one: CountryCode, other: CountryCode): TermsContent | undefined;
  /** The highest classification the exchange itself may carry. */
  channelCeiling(): Classification;
  /** A recorded message that was let through to someone, by exact reference (a wrong digest is absent). */
  message(ref: MessageRef): KnownMessage | undefined;
  /** A recorded consent that was let through, by exact reference. */
  consent(ref: MessageRef): KnownConsent | undefined;
}

export interface KnownAgency {
  readonly id: AgencyId;
  readonly country: CountryCode;
  readonly type: AgencyType;
  readonly role: AgencyRole;
  readonly status: PartyStatus;
  /** `unclassified` where no clearance is recorded. */
  readonly clearance: Classification;
}

export interface KnownMessage {
  readonly ref: MessageRef;
  /** In force on it: its own and everything's it was derived from. */
  readonly markings: Markings;
  /** Its sender, and every recipient to whom it was permitted. */
  holds(agency: AgencyId): boolean;
}

export interface KnownConsent {
  readonly ref: MessageRef;
  /** The agencies the consent was addressed to: those who may act on it. */
  readonly grantees: readonly AgencyId[];
  readonly of: MessageRef;
  readonly recipients: readonly AgencyId[];
  readonly purposes: readonly Purpose[];
  readonly permits: readonly ConsentPermit[];
  /** NumericDate; the consent holds before it. */
  readonly until: number;
  readonly withdrawn: boolean;
}
