import type {
  AgencyId,
  AgencyRole,
  AgencyType,
  Classification,
  ConsentPermit,
  CountryCode,
  CrimeArea,
  DataClass,
  Markings,
  MessageKind,
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
  /** A country whose authority is registered. */
  country(code: CountryCode): KnownCountry | undefined;
  /** Terms in force between two countries: signed by both, not ended. */
  terms(one: CountryCode, other: CountryCode): TermsContent | undefined;
  /** The highest classification the exchange itself may carry. */
  channelCeiling(): Classification;
  /** A recorded message that was let through to someone, by exact reference (a wrong digest is absent). */
  message(ref: MessageRef): KnownMessage | undefined;
  /** A recorded consent that was let through, by exact reference. */
  consent(ref: MessageRef): KnownConsent | undefined;
  /** A recorded request that was let through, by exact reference. */
  request(ref: MessageRef): KnownRequest | undefined;
  /** The open requests of a case that agencies of one country sent. */
  openRequests(caseId: string, from: CountryCode): readonly KnownRequest[];
  /** Whether an officer of the agency, and not its node by itself, has acknowledged the message as read. */
  isReadBy(ref: MessageRef, agency: AgencyId): boolean;
  /**
   * Whoever holds a message, or one derived from it over any number of hops: the nearest first, each with the
   * message that it holds. Its sender is not among them.
   */
  copies(ref: MessageRef): readonly HeldCopy[];
}

export interface KnownCountry {
  readonly code: CountryCode;
  /** IANA time zone. */
  readonly zone: string;
  /** Its single point of contact, if that is an active agency. */
  readonly spoc?: AgencyId;
  /** What its own law gives out with a judge's leave only. */
  readonly judicial: readonly DataClass[];
}

export interface HeldCopy {
  readonly agency: AgencyId;
  readonly ref: MessageRef;
}

/** How a request stands with one of those it was addressed to. */
export type Standing = "open" | "clarifying" | "answered" | "refused";

export interface KnownRequest {
  readonly ref: MessageRef;
  readonly crime?: CrimeArea;
  readonly data: readonly DataClass[];
  /** Those it was addressed to, copies aside, and let through to. */
  readonly to: readonly AgencyId[];
  /** Undefined for whom it was not addressed to. A request that its sender has erased stands nowhere. */
  standing(agency: AgencyId): Standing | undefined;
  /** NumericDate from which the agency's answer is late; undefined where no time runs, or it is stopped. */
  due(agency: AgencyId): number | undefined;
}

export interface KnownAgency {
  readonly id: AgencyId;
  readonly country: CountryCode;
  readonly type: AgencyType;
  readonly role: AgencyRole;
  readonly status: PartyStatus;
  /** `unclassified` where no clearance is recorded. */
  readonly clearance: Classification;
  /** What its authority registered it for; everything where undefined. */
  readonly crimes?: readonly CrimeArea[];
  readonly purposes?: readonly Purpose[];
}

export interface KnownMessage {
  readonly ref: MessageRef;
  readonly kind: MessageKind;
  readonly re?: MessageRef;
  /** In force on it: its own and everything's it was derived from. */
  readonly markings: Markings;
  /** Its sender, and every recipient to whom it was permitted. */
  holds(agency: AgencyId): boolean;
  /**
   * Corrections by their senders of the message, and of those it was derived from: of each the last one, but
   * what was erased stays so. Whoever holds the message has been told of them.
   */
  corrections(): readonly KnownCorrection[];
}

export interface KnownCorrection {
  readonly ref: MessageRef;
  readonly action: "rectify" | "erase" | "restrict";
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
