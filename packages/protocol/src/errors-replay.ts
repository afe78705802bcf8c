import type { ErrorText } from "./errors.ts";

/** The part of the catalogue (`errors.ts`) that is about replaying a ledger. */
export const REPLAY_ERRORS = {
  "audit/thread-died": {
    when: "A thread that verified signatures for an audit ended before its work was done. Nothing is proven.",
    todo: "Run the audit again; if it stays so, look at the cause in the detail (memory, above all).",
  },
  "audit/log-unreachable": {
    when: "A ledger service does not answer over HTTPS, or refuses this certificate.",
    todo: "Check the address and that the service runs; records are given to the network's auditor alone.",
  },
  "audit/records-missing": {
    when: "This copy of the ledger has fewer records than a checkpoint covers, and cannot be judged by it.",
    todo:
      "Take a newer copy: export it again, or ask the store or the ledger service (--store, --url). Where " +
      "the newest has no more, keep the checkpoint: it shows that the ledger was rolled back.",
  },
  "audit/resume-unusable": {
    when: "The file to resume an audit from is damaged, or not one of this program and this exchange.",
    todo: "Delete it, and audit the ledger from its first record.",
  },
} as const satisfies Record<string, ErrorText>;
