import type { ErrorText } from "./errors.ts";

/** The part of the catalogue (`errors.ts`) that is about what an auditor keeps beside the ledger. */
export const AUDIT_ERRORS = {
  "audit/index-unusable": {
    when: "The search index cannot be opened or written, or it is not one of this program and this exchange.",
    todo:
      "Check the path. An index holds nothing that the ledger has not: delete its file, and it is made " +
      "anew. As long as it can be opened, `leix audit index --rebuild` does both.",
  },
} as const satisfies Record<string, ErrorText>;
