import * as limits from "./limits.ts";

export { decodeBase64url, decodeUtf8, encodeBase64url, encodeUtf8, toDigest } from "./bytes.ts";
export { encodeCanonical, encodeCanonicalBytes, parseCanonical } from "./canonical.ts";
export { ERRORS, type ErrorCode, type ErrorText, invariant, isErrorCode, LeixError } from "./errors.ts";
export {
  AccountId,
  AgencyId,
  CountryCode,
  countryOf,
  createMessageId,
  Digest,
  ExchangeId,
  KeyId,
  LedgerIndex,
  MessageId,
  NumericDate,
  PartyId,
  ServiceId,
} from "./ids.ts";
export {
  type InboxKind,
  RULES_SUBJECT,
  SEND_SUBJECT,
  STREAM_SUBJECTS,
  STREAMS,
  toInboxFilter,
  toInboxSubject,
  toMessageSubject,
  toOutSubject,
  toQuarantineSubject,
  toRejectionSubject,
  toRulesSubject,
  toStatementSubject,
} from "./subjects.ts";
export { limits };
