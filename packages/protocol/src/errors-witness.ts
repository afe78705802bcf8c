import type { ErrorText } from "./errors.ts";

/** The part of the catalogue (`errors.ts`) that is about proofs of two histories: witnesses make them. */
export const WITNESS_ERRORS = {
  "tlog/fork": {
    when: "A fork proof is not of its form, or its two checkpoints do not contradict each other.",
    todo: "Nothing is proven by it. Ask whoever made it for the file as it was written, or compare again.",
  },
} as const satisfies Record<string, ErrorText>;
