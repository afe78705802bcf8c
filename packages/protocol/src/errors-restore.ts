import type { ErrorText } from "./errors.ts";

/** The part of the catalogue (`errors.ts`) that is about recreating LEDGER: `leix ledger restore`. */
export const RESTORE_ERRORS = {
  "restore/services-running": {
    when: "LEDGER cannot be recreated while services of the exchange run.",
    todo: "Stop them (`leix network up`, or their containers), leave the broker, and try again.",
  },
  "restore/would-lose": {
    when: "LEDGER, or a service's memory of it, has records that the ledger store does not have.",
    todo:
      "Use a store that has them. If there is none: `--accept-loss` recreates LEDGER without them, and " +
      "what was decided there is gone.",
  },
} as const satisfies Record<string, ErrorText>;
