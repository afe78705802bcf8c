/** Every size, count and age that closes, by name. Sizes in bytes, ages in seconds. */

/** nats-server's max_payload, which `leix network init` writes into its configuration. */
export const BROKER_PAYLOAD_BYTES_MAX = 1_048_576;
/** What one recipient may be told, and what the auditors may be told about it, each as canonical JSON. */
export const OUTCOME_BYTES_MAX = 3_072;
export const GROUNDS_BYTES_MAX = 5_632;
/** The messages that one message goes back to, over any number of hops, itself included. */
export const ORIGINS_MAX = 128;
/** What one decision can tell parties that are no recipients: the nearest are told first. */
export const NOTICES_MAX = 256;
/** Duties whose time ran out that one event can record, and its recalls; the next event takes the next. */
export const OVERDUE_MAX = 64;
/**
 * The largest decision, with every disclosure, as text: all of the above for RECIPIENTS_MAX recipients fit
 * (tested).
 */
export const DECISION_BYTES_MAX = 983_040;
/** What of a decision goes with a copy: one outcome and the markings. Notices travel alone. */
export const COPY_DECISION_BYTES_MAX = 65_536;
/** What NATS headers and the JSON around message and decision may add to a copy. */
export const COPY_OVERHEAD_BYTES_MAX = 4_096;
/** The largest wire object an agency may send: a copy of it must still fit the broker with its decision. */
export const MESSAGE_BYTES_MAX = BROKER_PAYLOAD_BYTES_MAX - COPY_DECISION_BYTES_MAX - COPY_OVERHEAD_BYTES_MAX;
/** The largest claims object, as canonical JSON. */
export const CLAIMS_BYTES_MAX = 32_768;
/** The largest statement, as canonical JSON; a policy file must fit. */
export const STATEMENT_BYTES_MAX = 131_072;
/** The largest ledger record: message or statement and its decision, together (tested). */
export const RECORD_BYTES_MAX = 1_032_192;
/** An entry of the ledger's tree: the longest kind and a digest fit. */
export const LEAF_ENTRY_BYTES_MAX = 256;
/** A question about the log, and an answer: a bundle of 256 entries fits. */
export const LOG_MESSAGE_BYTES_MAX = 131_072;
/** How long at most one checkpoint is given to witnesses before the newest one takes its place. */
export const COSIGN_ROUND_SECONDS = 30;
/**
 * Cosignatures kept with one checkpoint, and so the largest quorum: a note has a hundred signatures, and the
 * ledger service's own, under every key that is valid, are among them.
 */
export const WITNESSES_MAX = 90;
/** One file of evidence: the largest message with its body, the largest policy set, statements beside. */
export const EVIDENCE_BYTES_MAX = 16_777_216;
/** Records in one file of evidence. */
export const EVIDENCE_RECORDS_MAX = 4_096;
/** to and copies together. */
export const RECIPIENTS_MAX = 64;
export const SOURCES_MAX = 32;
export const CONSENTS_MAX = 32;
export const SUBJECTS_MAX = 16;
export const KEYS_MAX = 16;
/** Of one statement: the anchor's has keys of its own and of the policy service, and its account. */
export const PROOFS_MAX = 2 * KEYS_MAX + 1;
/** What a key says of itself, before it is signed. */
export const POSSESSION_BYTES_MAX = 256;
/** The same as a compact JWS. */
export const PROOF_CHARACTERS_MAX = 1_024;
/** An invitation, a request or an approval, as canonical JSON: a statement with KEYS_MAX keys fits. */
export const ENROLMENT_BYTES_MAX = 65_536;
/** A certificate with those above it, or a request for one, in PEM. */
export const ENROLMENT_PEM_CHARACTERS_MAX = 8_192;
/** A smaller count, but for none, is not published. */
export const STATISTICS_COUNT_MIN = 5;
/** What the pairs of countries in one publication take, as canonical JSON; all others are summed. */
export const STATISTICS_BYTES_MAX = STATEMENT_BYTES_MAX - 8_192;
/** Agencies in a group: a message to all of it has room for copies to their single points of contact. */
export const GROUP_MEMBERS_MAX = 48;
export const RESERVED_ACCOUNTS_MAX = 16;
export const POLICY_FILES_MAX = 200;
export const JSON_DEPTH_MAX = 16;
/** How far iat may lie ahead of the time of receipt. */
export const CLOCK_SKEW_SECONDS_MAX = 120;
/** How long a message may have waited at its sender: long enough for any outage. */
export const MESSAGE_AGE_SECONDS_MAX = 30 * 86_400;
/** The server's own limit for one atomic batch. */
export const BATCH_RECORDS_MAX = 1_000;
/**
 * Bytes in one atomic batch: RECIPIENTS_MAX copies of the largest message go in one. The server buffers 128
 * MB.
 */
export const BATCH_BYTES_MAX = (RECIPIENTS_MAX + 1) * BROKER_PAYLOAD_BYTES_MAX;
/** Several messages share one batch up to this size; a larger one goes alone. */
export const SHARED_BATCH_BYTES_MAX = 8 * 1_048_576;
/** A hundred years, of 366 days each. */
export const EPOCH_SECONDS_MAX = 100 * 366 * 86_400;
/** One message of a sealed state in SEALED. */
export const SEALED_PIECE_BYTES_MAX = 524_288;
/** What one account may have waiting in OUT. */
export const OUT_BACKLOG_MESSAGES_MAX = 10_000;
/**
 * Rejections and denials of one account that are recorded one by one in a minute. What else would be rejected
 * waits, and is rejected together when the minute is over; what else would be denied waits, and is decided
 * then.
 */
export const REJECTIONS_PER_MINUTE_MAX = 60;
/** The same of rejections on a day: after that there is one in a minute, and the others are put together. */
export const REJECTIONS_PER_DAY_MAX = 1_000;
/** Inputs that are rejected together in one record. */
export const FLOOD_SUMMARY_MAX = 1_000;
/** After so many such minutes of one account within an hour its suspension is proposed. */
export const FLOOD_MINUTES_MAX = 10;
/** What one agency may have waiting in INBOX without acknowledging it. */
export const INBOX_OUTSTANDING_MAX = 10_000;
export const INBOX_OUTSTANDING_BYTES_MAX = 1_073_741_824;
/** How much of that one sender may take, so that nobody fills another's inbox alone. */
export const PAIR_OUTSTANDING_MAX = 1_000;
export const PAIR_OUTSTANDING_BYTES_MAX = 67_108_864;
/** What one country authority may put into the ledger for ever: agencies, and files of policy sets. */
export const AGENCIES_PER_COUNTRY_MAX = 1_000;
export const GROUPS_PER_COUNTRY_MAX = 200;
export const POLICY_FILES_PER_AUTHORITY_MAX = 1_000;
/**
 * And so often it may say that a key of one agency is in wrong hands: whoever follows the ledger looks
 * through all messages each time. Enough for KEYS_MAX keys, each named four times, ever further back.
 */
export const COMPROMISES_PER_AGENCY_MAX = 64;
/** After so many deliveries without an outcome an input is quarantined. */
export const DELIVERIES_MAX = 5;
