import type { ErrorText } from "./errors.ts";

/** The part of the catalogue (`errors.ts`) that is about proofs of two histories: witnesses make them. */
export const WITNESS_ERRORS = {
  "tlog/fork": {
    when: "A fork proof is not of its form, or its two checkpoints do not contradict each other.",
    todo: "Nothing is proven by it. Ask whoever made it for the file as it was written, or compare again.",
  },
  "ledger/checkpoint-older": {
    when: "A checkpoint is of fewer records than one that this agency has relied on before.",
    todo:
      "Ask for the newest: `/checkpoint/cosigned` of the ledger service. Where that is the older one, the " +
      "ledger was rolled back, or somebody shows you its past.",
  },
  "ledger/cosignature-refused": {
    when:
      "The ledger service has not taken this agency's cosignature of its own checkpoint, though the key " +
      "that made it is in order.",
    todo:
      "Compare this machine's clock. It is offered again by itself, and so is the next one; if that is not " +
      "taken either, ask who runs the ledger service.",
  },
} as const satisfies Record<string, ErrorText>;
