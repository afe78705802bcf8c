import {
  toEventSubject,
  toFloodSubject,
  toMessageSubject,
  toRejectionSubject,
  toSealSubject,
  toStatementSubject,
} from "@leix/protocol";
import type { Entry } from "./entry.ts";

/** The subject that a record takes in the ledger, for ever. */
export function toLedgerSubject(entry: Entry): string {
  switch (entry.kind) {
    case "message":
      return toMessageSubject(entry.input.account, entry.ref.id);
    case "statement": {
      const { kind, subject, version, iss } = entry.statement;
      return toStatementSubject(kind, subject, version, iss);
    }
    case "rejection":
      return toRejectionSubject(entry.input.account, entry.input.digest);
    case "flood":
      return toFloodSubject(entry.input.account, entry.minute);
    case "event":
      return toEventSubject(entry.input.account, entry.input.digest);
    case "seal":
      return toSealSubject(entry.epoch);
  }
}
