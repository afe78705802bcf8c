import type { ErrorText } from "./errors.ts";

/** The part of the catalogue (`errors.ts`) that is about evidence: `@leix/evidence`. */
export const EVIDENCE_ERRORS = {
  "evidence/malformed": {
    when: "A file is not evidence of the form that this protocol fixes, in its one spelling.",
    todo: "The copy is damaged or was altered at the part named: ask whoever made it to make it again.",
  },
  "evidence/missing": {
    when: "Evidence rests on a statement that is not in it.",
    todo: "Ask for evidence that is whole: what is left out cannot be believed without it.",
  },
  "evidence/differs": {
    when: "A part of the evidence is not what the rest of it says it must be.",
    todo: "The part was altered or is of other evidence: ask whoever made it to make it again.",
  },
  "evidence/not-recorded": {
    when: "The ledger that was read holds no message with that id.",
    todo: "Check the id with `leix inbox` or `leix outbox`; what was rejected is not in the ledger.",
  },
  "evidence/record-erased": {
    when: "The message is not among the records that are left, and records of messages were erased.",
    todo:
      "Its sender and its recipients may still hold it with its decision, and whoever made evidence of it " +
      "before has the whole proof, which stays valid. An older export of the ledger has the record, too.",
  },
  "evidence/uncovered": {
    when: "There is no checkpoint that covers the message, or the ledger that was read ends before it.",
    todo: "Wait for the ledger service's next checkpoint, or name one with --checkpoint.",
  },
  "evidence/body-absent": {
    when: "The text of the message is not in the evidence, or its maker was no recipient who could add it.",
    todo: "Ask a recipient of the message to add it: `leix evidence body`.",
  },
} as const satisfies Record<string, ErrorText>;
