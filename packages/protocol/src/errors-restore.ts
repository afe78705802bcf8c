import type { ErrorText } from "./errors.ts";

/** The part of the catalogue (`errors.ts`) that is about recreating LEDGER: `leix ledger restore`. */
export const RESTORE_ERRORS = {
  "restore/services-running": {
    when: "LEDGER cannot be recreated while services of the exchange run.",
    todo:
      "Stop them (Ctrl-C at `leix network up`, or stop their containers), run the broker alone " +
      "(`leix network broker`; a container of it just stays), and try again.",
  },
  "restore/would-lose": {
    when:
      "LEDGER, or a service's memory of it, has records that the ledger store does not have; or the newest " +
      "in CHECKPOINT is not the ledger service's, so that nobody can say how much is public.",
    todo:
      "Use a store that has them, and compare it with a witness's newest checkpoint. If there is none: " +
      "`--accept-loss` recreates LEDGER from this store, and what was decided beyond it is gone.",
  },
  "rotate/unrouted": {
    when: "OUT still has inputs that were recorded before the seal: their copies may not be laid out yet.",
    todo: "Start the services, wait until `leix doctor` is content, stop them, and rotate again.",
  },
  "ledger/seal-differs": {
    when: "A sealed state is not the one that the seal in the ledger names, or not whole.",
    todo:
      "Start nothing from it. `leix ledger restore` makes a damaged file in `sealed` of the ledger store " +
      "again from the records, or takes it from SEALED. If it cannot: put the file back from a copy, and " +
      "replay the ledger with `leix audit replay`, which says whether the seal itself is wrong.",
  },
} as const satisfies Record<string, ErrorText>;
