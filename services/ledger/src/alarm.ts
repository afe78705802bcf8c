import { LeixError } from "@leix/protocol";

/**
 * Everything that can be wrong with records, checkpoints and the store's content. It does not get better by
 * starting again: nothing may be signed until somebody has looked.
 */
const AREAS = ["record", "ledger", "tlog", "jws", "decision", "claims", "input", "key", "statement"];
/** A disk that refuses may take the next write; starting again finds out what it has. */
const ENDS_PROCESS = "ledger/store-failed";

export function isAlarm(error: unknown): error is LeixError {
  if (!(error instanceof LeixError) || error.code === ENDS_PROCESS) return false;
  return AREAS.includes(error.code.slice(0, error.code.indexOf("/")));
}
