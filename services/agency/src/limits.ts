/** Every size, count and time of this service that closes, by name. */

/** tlog-witness, "add-checkpoint": more than a checkpoint with a hundred signatures and a proof ever has. */
export const BODY_BYTES_MAX = 131_072;
/** What one party may bring in a second, and at once after it was silent: a log signs one a second. */
export const REQUESTS = { perSecond: 5, atOnceMax: 30 };
/** Connections to the witness's port. */
export const CONNECTIONS_MAX = 100;
export const HEADER_BYTES_MAX = 8_192;
/** A request that is not whole by then is given up, and so is a connection that says nothing. */
export const REQUEST_MS_MAX = 10_000;
