import * as limits from "./limits.ts";

export { toAccountKey } from "./account-key.ts";
export {
  Body,
  decryptBody,
  type EncryptionKey,
  encryptBody,
  stripBody,
  toBodyDigest,
  verifyBinding,
  verifyBodyDigest,
} from "./body.ts";
export {
  decodeBase64url,
  decodeUtf8,
  encodeBase64url,
  encodeUtf8,
  type ToDigest,
  toDigest,
} from "./bytes.ts";
export { encodeCanonical, encodeCanonicalBytes, parseCanonical } from "./canonical.ts";
export {
  AcknowledgementClaims,
  BodyBinding,
  CLAIMS_TYP,
  Claims,
  MessageRef,
  Officer,
  Personal,
} from "./claims.ts";
export {
  DECISION_TYP,
  Decider,
  Decision,
  Effect,
  EventDecision,
  FloodDecision,
  InputPlace,
  type Lapse,
  listRejected,
  listTelling,
  Markings,
  MessageDecision,
  Notice,
  Obligation,
  Outcome,
  OverdueDuty,
  PolicyId,
  RecipientGrounds,
  RecipientOutcome,
  RecipientRole,
  RejectedInput,
  RejectionDecision,
  RuleId,
  StatementDecision,
  SuspensionProposal,
  type Verdict,
} from "./decision.ts";
export {
  APPROVAL_TYP,
  Approval,
  ApprovalFile,
  type DecryptionProof,
  ENROLMENT_TYP,
  EnrolmentChallenge,
  EnrolmentRequest,
  INVITATION_TYP,
  Invitation,
  InvitationFile,
  type Opened,
  openApproval,
  openInvitation,
  openRequest,
  RequestFile,
} from "./enrolment.ts";
export {
  type ExchangeTrust,
  openStatement,
  verifyApproval,
  verifyInvitation,
} from "./enrolment-chain.ts";
export {
  type AskedAuthority,
  type NextAgency,
  type NextStatement,
  toNextAgency,
  verifyRequest,
} from "./enrolment-request.ts";
export {
  Copy,
  Envelope,
  encodeEnvelope,
  NoticeCopy,
  parseCopy,
  parseEnvelope,
  parseNoticeCopy,
  parseReply,
  Reply,
} from "./envelope.ts";
export { ERRORS, type ErrorCode, type ErrorText, invariant, isErrorCode, LeixError } from "./errors.ts";
export { decodeForm, encodeForm, Form } from "./forms.ts";
export {
  AccountId,
  AgencyId,
  CountryCode,
  countryOf,
  createMessageId,
  Digest,
  ExchangeId,
  GroupId,
  KeyId,
  LedgerEpoch,
  LedgerIndex,
  MessageId,
  NumericDate,
  PartyId,
  ServiceId,
} from "./ids.ts";
export {
  type ParsedJws,
  parseJws,
  type SigningInput,
  signInput,
  signJws,
  toSigningInput,
  type VerifySignature,
  verifyJws,
} from "./jws.ts";
export {
  type DecryptionKey,
  type LocalKey,
  type PrivateJwk,
  type PublicJwk,
  RegisteredKey,
  type RemoteKey,
  refuseForeignKid,
  type SigningAlgorithm,
  type SigningKey,
  toPublicJwk,
  toThumbprint,
  verifyKey,
} from "./keys.ts";
export {
  encodeLeafEntry,
  LeafEntry,
  parseLeafEntry,
  parseWitnessName,
  toLeafEntry,
  toLogOrigin,
  toWitnessName,
} from "./leaf-entry.ts";
export {
  encodeLogAnswer,
  encodeLogQuestion,
  encodeLogRefusal,
  encodeTileAnswer,
  type LogAnswers,
  LogQuestion,
  parseLogAnswer,
  parseLogQuestion,
  parseTileAnswer,
} from "./log-questions.ts";
export {
  listElements,
  type OpenDecision,
  openDecision,
  toLapse,
  toSalts,
  toVerdict,
} from "./open-decision.ts";
export { parseSchema } from "./parse.ts";
export { type PlainRecord, readPlainRecord } from "./plain-record.ts";
export {
  listNeededProofs,
  listProvableKeys,
  POSSESSION_TYP,
  Possession,
  provePossession,
  verifyPossession,
} from "./possession.ts";
export { presentNotices, presentToRecipient, presentToSender } from "./presentation.ts";
export {
  encodeRecord,
  LedgerRecord,
  type ParsedRecord,
  parseClaims,
  parseRecord,
  parseStatement,
  RECORD_KINDS,
} from "./record.ts";
export { createDisclosure, type Disclosure, encodeSdJwt } from "./sd-jwt.ts";
export {
  AgencyStatement,
  AnchorStatement,
  AuthorityStatement,
  CompromiseStatement,
  CountryPair,
  GroupStatement,
  listStatementKeys,
  PolicySetStatement,
  STATEMENT_TYP,
  Statement,
  type StatementKind,
  StatisticsStatement,
  TermsContent,
  toCountryPair,
} from "./statement.ts";
export {
  ExchangeStatistics,
  type PublishedCount,
  type RequestCounts,
  StatisticsPeriod,
} from "./statistics.ts";
export {
  CHECKPOINT_SUBJECT,
  type InboxKind,
  isSealSubject,
  LOG_SUBJECT,
  RULES_SUBJECT,
  SEND_SUBJECT,
  STREAM_SUBJECTS,
  STREAMS,
  toEventSubject,
  toFloodSubject,
  toInboxFilter,
  toInboxSubject,
  toLogSubject,
  toMessageSubject,
  toOutSubject,
  toQuarantineSubject,
  toRejectionSubject,
  toRulesSubject,
  toSealedFilter,
  toSealedSubject,
  toSealSubject,
  toStatementSubject,
} from "./subjects.ts";
export {
  countLapseSalts,
  countVerdictSalts,
  hideLapse,
  hideVerdict,
  listDisclosedLines,
  verifyVerdictSize,
} from "./verdict.ts";
export {
  AccessMode,
  AcknowledgementStatus,
  AgencyRole,
  AgencyType,
  CLASSIFICATIONS,
  Classification,
  ConsentPermit,
  CorrectionAction,
  CrimeArea,
  DataClass,
  DeadlineProfile,
  HANDLING_CODES,
  Handling,
  MESSAGE_KINDS,
  MessageKind,
  OfficerRole,
  PartyStatus,
  PersonalBasis,
  Purpose,
  RefusalOption,
  toClassificationRank,
  UrgencyGround,
} from "./vocabulary.ts";
export { judgeQuorum, type QuorumVerdict, toSoundQuorum } from "./witness-quorum.ts";
export { limits };
