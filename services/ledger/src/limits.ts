/** Every time, size and count of this service that closes, by name. */

/** Records that are verified and appended together; as many that no checkpoint covers are signed at once. */
export const BATCH_RECORDS_MAX = 256;
/** The same in bytes, whichever comes first. */
export const BATCH_BYTES_MAX = 16_777_216;
/** Batches that the store is given before the first of them is durable. */
export const APPENDS_UNDER_WAY_MAX = 4;
/** How long a record waits for others to be signed with it: with signing, a second at most. */
export const CHECKPOINT_WAIT_MS = 800;
/** For so long a server of a cluster may know an older checkpoint as the newest; how often it is asked. */
export const CHECKPOINT_SETTLE_MS = 5_000;
export const SETTLE_PAUSE_MS = 50;
/** A record that no checkpoint covers for so long is a problem. */
export const UNCOVERED_MS_MAX = 10_000;
/** Between two questions to a broker that does not answer. */
export const ASK_AGAIN_MS = 250;
/** How often an instance that waits for the store's lock looks at it, and at what the other has published. */
export const STANDBY_LOOK_MS = 250;
/** Checkpoints whose cosignatures are still taken. */
export const CHECKPOINTS_REMEMBERED_MAX = 256;
/**
 * What one party may ask in a second over HTTPS, and at once, after it was silent: an audit reads every tile
 * and every record.
 */
export const REQUESTS_PER_SECOND = 500;
export const REQUESTS_AT_ONCE_MAX = 2_000;
/** The same at `leix.log`: a witness asks three of them in some seconds, and now and then for tiles. */
export const QUESTIONS_PER_SECOND = 20;
export const QUESTIONS_AT_ONCE_MAX = 200;
/** Proofs that are kept of the checkpoint that is being cosigned: one for each size that witnesses are at. */
export const PROOFS_KEPT_MAX = 256;
/** Connections to the HTTPS port. */
export const CONNECTIONS_MAX = 1_000;
/** A request has no body and no more headers than this; a client that says nothing for so long is dropped. */
export const HEADER_BYTES_MAX = 8_192;
export const REQUEST_MS_MAX = 30_000;
