import { invariant } from "./errors.ts";
import type { AccountId, Digest, LedgerEpoch, MessageId } from "./ids.ts";

/** What a party publishes to, in its own account; the import maps it to `leix.out.<account>`. */
export const SEND_SUBJECT = "leix.send";
/** What a party asks for membership records, in its own account; imported as `leix.rules.<account>`. */
export const RULES_SUBJECT = "leix.rules";
/** What a party asks the ledger service, in its own account; imported as `leix.log.<account>`. */
export const LOG_SUBJECT = "leix.log";
/** Where the ledger service appends each checkpoint, by compare-and-set. */
export const CHECKPOINT_SUBJECT = "leix.checkpoint";

export const STREAMS = {
  out: "OUT",
  ledger: "LEDGER",
  inbox: "INBOX",
  quarantine: "QUARANTINE",
  checkpoint: "CHECKPOINT",
  sealed: "SEALED",
} as const;

export const STREAM_SUBJECTS = {
  out: ["leix.out.*"],
  ledger: ["leix.ledger.>"],
  inbox: ["leix.in.>"],
  quarantine: ["leix.quarantine.>"],
  checkpoint: [CHECKPOINT_SUBJECT],
  sealed: ["leix.sealed.>"],
} as const;

/** What a copy in an inbox is. Only copies are answered with an acknowledgement, and notices with a term. */
export type InboxKind = "copy" | "decision" | "rejection" | "notice";

export function toOutSubject(account: AccountId): string {
  return `leix.out.${account}`;
}

export function toRulesSubject(account: AccountId): string {
  return `leix.rules.${account}`;
}

export function toLogSubject(account: AccountId): string {
  return `leix.log.${account}`;
}

/** `LEDGER` refuses a subject that was used before: so an identity is recorded once, for ever. */
export function toMessageSubject(sender: AccountId, id: MessageId): string {
  return `leix.ledger.message.${sender}.${id}`;
}

export function toRejectionSubject(sender: AccountId, digest: Digest): string {
  return `leix.ledger.rejection.${sender}.${digest}`;
}

/** What an account has sent beyond the limit in one minute, of which NumericDate is the beginning. */
export function toFloodSubject(sender: AccountId, minute: number): string {
  return `leix.ledger.flood.${sender}.${minute}`;
}

/** One place for each (kind, subject, version, issuer); `terms` and `policy-set` need several issuers. */
export function toStatementSubject(kind: string, subject: string, version: number, issuer: string): string {
  const tokens = [kind, subject, String(version), issuer];
  // A dot, a space or a wildcard in a name would make another subject of it; the schemas permit none.
  invariant(
    tokens.every((token) => /^[A-Za-z0-9_+-]+$/.test(token)),
    "the parts of a subject are single tokens",
  );
  return `leix.ledger.rules.${tokens.join(".")}`;
}

/** What a tick of the clock recorded, by the digest of the tick's bytes: the same second is judged once. */
export function toEventSubject(clock: AccountId, digest: Digest): string {
  return `leix.ledger.event.${clock}.${digest}`;
}

/** One for each epoch: the ledger takes no second seal of it. */
export function toSealSubject(epoch: LedgerEpoch): string {
  return `leix.ledger.seal.${epoch}`;
}

/** Where a LEDGER may begin, beside its first record: with the seal of what was put away. */
export function isSealSubject(subject: string): boolean {
  return /^leix\.ledger\.seal\.[1-9][0-9]*$/.test(subject);
}

/** A piece of what the exchange knew when the record at `index` sealed all before it. */
export function toSealedSubject(index: number, piece: number): string {
  return `leix.sealed.${index}.${piece}`;
}

/** All pieces of one. */
export function toSealedFilter(index: number): string {
  return `leix.sealed.${index}.*`;
}

export function toInboxSubject(
  recipient: AccountId,
  kind: InboxKind,
  sender: AccountId,
  id: MessageId | Digest,
): string {
  return `leix.in.${recipient}.${kind}.${sender}.${id}`;
}

export function toInboxFilter(recipient: AccountId): string {
  return `leix.in.${recipient}.>`;
}

export function toQuarantineSubject(account: AccountId, digest: Digest): string {
  return `leix.quarantine.${account}.${digest}`;
}
