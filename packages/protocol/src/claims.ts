import { z } from "zod";
import { AgencyId, CaseId, Digest, ExchangeId, GroupId, KeyId, MessageId, NumericDate } from "./ids.ts";
import { CONSENTS_MAX, MESSAGE_BYTES_MAX, RECIPIENTS_MAX, SOURCES_MAX, SUBJECTS_MAX } from "./limits.ts";
import {
  AccessMode,
  AcknowledgementStatus,
  Classification,
  ConsentPermit,
  CorrectionAction,
  CrimeArea,
  DataClass,
  Handling,
  InformationAccuracy,
  Language,
  OfficerRole,
  PersonalBasis,
  Purpose,
  SourceReliability,
  SpecialBasis,
  SubjectCategory,
  Token,
  UrgencyGround,
} from "./vocabulary.ts";

export const CLAIMS_TYP = "leix-message+jwt";

/**
 * Points at one message by its identity. The digest is of the JWS signing input, never of the whole token.
 */
export const MessageRef = z.strictObject({ iss: AgencyId, id: MessageId, digest: Digest });
export type MessageRef = z.infer<typeof MessageRef>;

/**
 * A pseudonym that only the agency can resolve (a keyed hash), and the role the officer acted in (LED 25(1)).
 */
export const Officer = z.strictObject({
  id: z.string().regex(/^[A-Za-z0-9_-]{22}$/),
  role: OfficerRole,
});

/** Binds the claims to the encrypted body; see schemas/protocol.md, "Body". */
export const BodyBinding = z.strictObject({
  digest: Digest,
  commitment: Digest,
  bytes: z.int().min(33).max(MESSAGE_BYTES_MAX),
  recipients: z.array(KeyId).min(1).max(RECIPIENTS_MAX),
});
export type BodyBinding = z.infer<typeof BodyBinding>;

export const Personal = z.strictObject({
  subjects: z
    .array(z.strictObject({ category: SubjectCategory, minor: z.boolean().optional() }))
    .min(1)
    .max(SUBJECTS_MAX),
  special: SpecialBasis.optional(),
  basis: PersonalBasis.optional(),
  factual: z.enum(["fact", "assessment"]).optional(),
  asOf: NumericDate.optional(),
});

const routing = {
  v: z.literal(1),
  aud: ExchangeId,
  id: MessageId,
  iss: AgencyId,
  /** The sender's own gapless chain: 1, 2, 3, ... and the digest of the message before, null at the first. */
  seq: z.int().min(1),
  prev: Digest.nullable(),
  officer: Officer.optional(),
  iat: NumericDate,
  to: z.array(AgencyId).min(1).max(RECIPIENTS_MAX),
  copies: z.array(AgencyId).max(RECIPIENTS_MAX),
  group: z.strictObject({ id: GroupId, version: z.int().min(1) }).optional(),
  thread: MessageId,
  case: CaseId.optional(),
  body: BodyBinding.optional(),
};

/**
 * Optional in the schema where a principle asks for them: so that what is missing is denied with its reason.
 */
const markings = {
  purpose: Purpose.optional(),
  crime: CrimeArea.optional(),
  offence: z
    .strictObject({
      maxPenaltyYears: z.int().min(0).max(100).optional(),
      eawListed: z.boolean().optional(),
      serious: z.boolean().optional(),
      dualCriminality: z.boolean().optional(),
    })
    .optional(),
  handling: Handling.optional(),
  classification: Classification.optional(),
  evaluation: z.strictObject({ source: SourceReliability, information: InformationAccuracy }).optional(),
  personal: Personal.optional(),
  legalBasis: Token.optional(),
  derivedFrom: z.array(MessageRef).max(SOURCES_MAX).optional(),
  consents: z.array(MessageRef).max(CONSENTS_MAX).optional(),
  evidenceUse: z.boolean().optional(),
  deleteBy: NumericDate.optional(),
  language: Language.optional(),
  /** Why copies to the single points of contact are withheld: Dir 4(2), 8(3). */
  spocException: Token.optional(),
  /** What the texts in the body contain, since nobody but the recipients can read them. */
  declares: z
    .strictObject({
      facts: z.boolean().optional(),
      grounds: z.boolean().optional(),
      personLink: z.boolean().optional(),
      useRestriction: z.boolean().optional(),
      urgencyReason: z.boolean().optional(),
      caveat: z.boolean().optional(),
      relevance: z.boolean().optional(),
      strictNecessity: z.boolean().optional(),
      /** Why an override is used: ER 22(2). */
      justification: z.boolean().optional(),
    })
    .optional(),
};

const answering = { re: MessageRef };
const information = { ...routing, ...markings };

export const RequestClaims = z.strictObject({
  ...information,
  kind: z.literal("request"),
  re: MessageRef.optional(),
  urgency: z.strictObject({ ground: UrgencyGround.optional() }).optional(),
  access: AccessMode.optional(),
  data: z.array(DataClass).min(1).max(DataClass.options.length).optional(),
});
export const AnswerClaims = z.strictObject({ ...information, ...answering, kind: z.literal("answer") });
export const RefusalClaims = z.strictObject({
  ...information,
  ...answering,
  kind: z.literal("refusal"),
  ground: Token,
  partial: z.boolean().optional(),
});
export const ClarificationClaims = z.strictObject({
  ...information,
  ...answering,
  kind: z.literal("clarification"),
});
export const DelayClaims = z.strictObject({
  ...information,
  ...answering,
  kind: z.literal("delay"),
  reason: Token,
  until: NumericDate,
});
export const NotificationClaims = z.strictObject({
  ...information,
  kind: z.literal("notification"),
  re: MessageRef.optional(),
  override: z.strictObject({ code: Token }).optional(),
});
export const ConsentRequestClaims = z.strictObject({
  ...information,
  kind: z.literal("consent-request"),
  re: MessageRef.optional(),
  of: MessageRef,
  recipients: z.array(AgencyId).min(1).max(RECIPIENTS_MAX),
});
/** A scoped, expiring permission of an originator over its own material; ER 23(6). */
export const ConsentClaims = z.strictObject({
  ...information,
  kind: z.literal("consent"),
  re: MessageRef.optional(),
  grant: z.strictObject({
    of: MessageRef,
    recipients: z.array(AgencyId).min(1).max(RECIPIENTS_MAX),
    purposes: z.array(Purpose).min(1).max(Purpose.options.length),
    permits: z.array(ConsentPermit).min(1).max(ConsentPermit.options.length),
    until: NumericDate,
  }),
});
/** `re` names the consent that ends. */
export const ConsentWithdrawalClaims = z.strictObject({
  ...information,
  ...answering,
  kind: z.literal("consent-withdrawal"),
});
export const CorrectionClaims = z.strictObject({
  ...information,
  ...answering,
  kind: z.literal("correction"),
  action: CorrectionAction,
});
export const AcknowledgementClaims = z.strictObject({
  ...routing,
  ...answering,
  kind: z.literal("acknowledgement"),
  status: AcknowledgementStatus,
});
export const ReviewClaims = z.strictObject({ ...information, ...answering, kind: z.literal("review") });

/** What a sender signs about a message: coded metadata, no free text, no names. */
export const Claims = z.discriminatedUnion("kind", [
  RequestClaims,
  AnswerClaims,
  RefusalClaims,
  ClarificationClaims,
  DelayClaims,
  NotificationClaims,
  ConsentRequestClaims,
  ConsentClaims,
  ConsentWithdrawalClaims,
  CorrectionClaims,
  AcknowledgementClaims,
  ReviewClaims,
]);
export type Claims = z.infer<typeof Claims>;
