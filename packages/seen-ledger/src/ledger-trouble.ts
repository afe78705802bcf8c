import { LeixError } from "@leix/protocol";

/**
 * Everything that can be wrong with records; anything else is wrong with the broker, the folder or the
 * program.
 */
const LEDGER_AREAS = ["record", "ledger", "jws", "decision", "claims", "input", "key", "statement"];

/** Of an error that came of reading or folding the ledger: is it the ledger's? */
export function isLedgerTrouble(error: unknown): error is LeixError {
  return error instanceof LeixError && LEDGER_AREAS.includes(error.code.slice(0, error.code.indexOf("/")));
}
