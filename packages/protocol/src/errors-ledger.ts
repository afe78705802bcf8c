import type { ErrorText } from "./errors.ts";

/** The part of the catalogue (`errors.ts`) that is about the ledger's own store: `@leix/ledger-store`. */
export const LEDGER_ERRORS = {
  "ledger/store-format": {
    when: "No ledger store of the layout that this program knows is in the folder, or none may begin there.",
    todo:
      "Check the folder's path; a new store begins in an empty one. Where the store is of a newer layout, " +
      "use the newer program; where its file `format` is damaged, `leix audit fsck --repair`.",
  },
  "ledger/store-locked": {
    when: "Another process, or another part of this one, has the ledger store open for writing.",
    todo:
      "Nothing to do if it is meant: one writes. Otherwise stop the other; a lock never outlives " +
      "its holder.",
  },
  "ledger/store-failed": {
    when: "The ledger store's disk refused a read or a write, or the store is closed.",
    todo: "Look at the cause in the detail (room, rights, the disk itself), then start the service again.",
  },
  "ledger/store-damaged": {
    when: "The ledger store contradicts itself or its checkpoint in a way that no crash leaves behind.",
    todo:
      "Find all of it with `leix audit fsck`, and restore it with `--repair` from LEDGER or another " +
      "copy.",
  },
  "ledger/store-short": {
    when: "LEDGER begins after the last record of the ledger service's store: what is between was put away.",
    todo: "Copy the store of another ledger service, its `checkpoint` first, and start again with the copy.",
  },
  "ledger/batch": {
    when: "A batch for the ledger store has no records, or more of them or more bytes than it may.",
    todo: "Append 1 to BATCH_RECORDS_MAX records of at most BATCH_BYTES_MAX bytes together.",
  },
  "ledger/entry-malformed": {
    when: "An entry of the log is not the canonical {v, kind, digest} of a ledger record.",
    todo: "The log is not one of this exchange, or the copy is damaged: compare it with another.",
  },
  "ledger/checkpoint-uncovered": {
    when: "A checkpoint is not of this store's tree, or of more of it than the store holds durably.",
    todo: "Sign only heads that the store gave. If it is signed already: the store is not the one it was.",
  },
  "ledger/checkpoint-older": {
    when: "A checkpoint is of a smaller tree than the one that is published.",
    todo: "Nothing to do: the newer one stays.",
  },
  "ledger/checkpoint-invalid": {
    when: "A checkpoint is not signed by the log's key, a signature is wrong, or its form is broken.",
    todo: "Check that the log's verifier key is the configured one; `leix audit fsck` says what is broken.",
  },
  "ledger/unpublished": {
    when: "The ledger store has no checkpoint yet: nothing of it is public.",
    todo: "Wait for the ledger service's first checkpoint.",
  },
  "ledger/file-missing": {
    when: "A file that a ledger store of this size has is not there.",
    todo: "Restore it: `leix audit fsck --repair` makes tiles again and takes records from LEDGER.",
  },
  "ledger/file-stray": {
    when: "A file, or a part of one, belongs to no ledger store of this size.",
    todo: "Nothing is lost. The writer removes what a crash left; anything else, look at and remove.",
  },
  "ledger/bytes-differ": {
    when: "A tile, an entry bundle or another file of the store is not what the rest of it says it must be.",
    todo: "Restore it: `leix audit fsck --repair` makes it again from what is whole.",
  },
  "ledger/record-differs": {
    when: "At a record's place in the store are not the bytes whose digest is in the log.",
    todo: "Restore it: `leix audit fsck --repair` takes the record from LEDGER or another copy.",
  },
  "ledger/record-erased": {
    when: "A record is missing, or said to be erased, and no seal allows that or what is asked needs it.",
    todo:
      "What was put away from LEDGER the ledger store has: name it with --store or --url. What was erased " +
      "below a seal an older export may still have (--file). Statements and seals, and whatever no seal " +
      "follows, are never erased: restore them with `leix audit fsck --repair`.",
  },
  "ledger/seal-missing": {
    when: "A record that should be the seal of an epoch, under a checkpoint, is none.",
    todo: "Wait for the clock to seal the epoch and for the checkpoint that covers the seal.",
  },
  "ledger/not-rotated": {
    when: "Records are to be erased from the ledger store, and LEDGER still has them.",
    todo: "Put them away first: `leix ledger rotate`.",
  },
  "ledger/root-differs": {
    when: "The root that a checkpoint signs is not that of the tree in the store.",
    todo: "Compare with another copy: either the store was altered as a whole, or the log has two histories.",
  },
  "ledger/source-differs": {
    when: "What a repair was given as a record or checkpoint is not the one that the log has there.",
    todo: "Repair from another source: this one is damaged, or of another ledger.",
  },
  "ledger/unrepairable": {
    when: "The ledger store cannot be restored from what is left and what the source gave; it is unchanged.",
    todo: "Name a source that has the records and the checkpoint, or start from a whole copy.",
  },
  "ledger/forked": {
    when:
      "The newest checkpoint is not signed by the log's key, or is of another history than one that the " +
      "ledger service has signed before.",
    todo:
      "Whoever runs the ledger service stops it, keeps its store and the stream CHECKPOINT, and finds out " +
      "who else has its key. Rely on nothing that it signs until then.",
  },
  "ledger/records-withheld": {
    when: "Somebody who is no credentialed auditor asks the ledger service for records.",
    todo: "Tiles and entries are for every member; for records, use the auditor's certificate.",
  },
  "ledger/too-many-requests": {
    when: "One party asks the ledger service, or a witness, more often than it may.",
    todo: "Ask again after a second; a program that reads all of the log keeps what it was given.",
  },
} as const satisfies Record<string, ErrorText>;
