import type { ErrorText } from "./errors.ts";

/** The part of the catalogue (`errors.ts`) that is about what an auditor keeps beside the ledger. */
export const AUDIT_ERRORS = {
  "audit/index-unusable": {
    when: "The search index cannot be opened or written, or it is not one of this program and this exchange.",
    todo:
      "Check the path. An index holds nothing that the ledger has not: delete it, or make it anew with " +
      "`leix audit index --rebuild`.",
  },
} as const satisfies Record<string, ErrorText>;
