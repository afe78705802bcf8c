import { z } from "zod";

/** The closed lists. Every value is a code; nothing in a message's claims is free text. */

export const MESSAGE_KINDS = [
  "request",
  "answer",
  "refusal",
  "clarification",
  "delay",
  "notification",
  "consent-request",
  "consent",
  "consent-withdrawal",
  "correction",
  "acknowledgement",
  "review",
] as const;
export const MessageKind = z.enum(MESSAGE_KINDS);
export type MessageKind = z.infer<typeof MessageKind>;

/**
 * Modelled on LED 1(1) and FD 8(3): the first three are always lawful, the others where the pair's terms say
 * so.
 */
export const Purpose = z.enum([
  "prevention",
  "detection",
  "investigation",
  "prosecution",
  "threat-prevention",
]);
export type Purpose = z.infer<typeof Purpose>;

/** The 30 areas of ER Annex I. */
export const CrimeArea = z.enum([
  "terrorism",
  "organised-crime",
  "drug-trafficking",
  "money-laundering",
  "nuclear-substances",
  "immigrant-smuggling",
  "human-trafficking",
  "motor-vehicle-crime",
  "murder-grievous-injury",
  "organ-trade",
  "kidnapping",
  "racism-xenophobia",
  "robbery-aggravated-theft",
  "cultural-goods",
  "swindling-fraud",
  "eu-financial-interests",
  "insider-dealing",
  "racketeering-extortion",
  "counterfeiting-piracy",
  "forged-documents",
  "forged-money",
  "computer-crime",
  "corruption",
  "arms-trafficking",
  "endangered-animals",
  "endangered-plants",
  "environmental-crime",
  "growth-promoters",
  "sexual-abuse",
  "genocide-war-crimes",
]);
export type CrimeArea = z.infer<typeof CrimeArea>;

/** Dir 4(4) (a) to (d). */
export const UrgencyGround = z.enum(["public-security", "life", "liberty", "losing-relevance"]);
/** Dir 5(1): whether the requested authority can reach the information directly. */
export const AccessMode = z.enum(["direct", "indirect"]);

/** Europol handling codes, least restrictive first. */
export const HANDLING_CODES = ["H0", "H1", "H2", "H3"] as const;
export const Handling = z.enum(HANDLING_CODES);
export type Handling = z.infer<typeof Handling>;

/** Lowest first; the rank of a level is its place in this list. */
export const CLASSIFICATIONS = ["unclassified", "restricted", "confidential", "secret"] as const;
export const Classification = z.enum(CLASSIFICATIONS);
export type Classification = z.infer<typeof Classification>;

export function toClassificationRank(level: Classification): number {
  return CLASSIFICATIONS.indexOf(level);
}

/** ER 29: A, B, C, X for the source; 1 to 4 for the information. */
export const SourceReliability = z.enum(["A", "B", "C", "X"]);
export const InformationAccuracy = z.enum(["1", "2", "3", "4"]);

/** ER Annex II.B, the categories of data subjects; minors are marked beside it (ER 30(1)). */
export const SubjectCategory = z.enum([
  "suspect",
  "convicted",
  "future-offender",
  "witness",
  "victim",
  "contact",
  "informant",
]);
/** LED 10. */
export const SpecialBasis = z.enum(["law", "vital-interests", "manifestly-public"]);
/** LED 36 to 38: what personal data may travel on between two countries. */
export const PersonalBasis = z.enum(["treaty", "adequacy", "safeguards", "assessment", "derogation"]);
export type PersonalBasis = z.infer<typeof PersonalBasis>;

export const OfficerRole = z.enum(["officer", "analyst", "supervisor", "duty-officer", "node"]);
/** What kind of authority an agency is (LED 3(7)); an observer is none and exchanges nothing. */
export const AgencyType = z.enum([
  "police",
  "customs",
  "border",
  "fiu",
  "anti-corruption",
  "prosecutor",
  "cert",
  "missing-persons",
  "observer",
]);
export type AgencyType = z.infer<typeof AgencyType>;
/** Dir 4(1): the single point of contact, an authority designated to ask directly, or neither. */
export const AgencyRole = z.enum(["spoc", "designated", "plain"]);
export type AgencyRole = z.infer<typeof AgencyRole>;
export const PartyStatus = z.enum(["active", "suspended", "revoked"]);
export type PartyStatus = z.infer<typeof PartyStatus>;

/** Deadlines of Dir 5(1), or of FD 4; `exercise` shortens them to seconds, for exercises alone. */
export const DeadlineProfile = z.enum(["2023", "2006", "exercise"]);

/** What a consent lets its holder do with the material it names. */
export const ConsentPermit = z.enum(["forward", "disseminate", "other-purpose", "evidence", "transfer"]);
export type ConsentPermit = z.infer<typeof ConsentPermit>;

export const AcknowledgementStatus = z.enum([
  "received",
  "read",
  "rectified",
  "erased",
  "restricted",
  "undecryptable",
  "unverifiable",
]);
export const CorrectionAction = z.enum(["rectify", "erase", "restrict"]);

/** What a request asks for, as far as a country's law treats it apart: Dir 9, FD 3(4). */
export const DataClass = z.enum([
  "identity",
  "vehicle",
  "travel",
  "criminal-record",
  "financial",
  "telecommunications",
  "biometric",
  "other",
]);
export type DataClass = z.infer<typeof DataClass>;

/** The two grounds of Dir 6(1)(g), which two countries may agree not to use against each other. */
export const RefusalOption = z.enum(["minor-offence", "not-an-offence"]);

/** ISO 639-1. */
export const Language = z.string().regex(/^[a-z]{2}$/);
/**
 * A code from a list that a principle checks, so that an unlisted one is a denial with a reason, not bad
 * input.
 */
export const Token = z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/);
