import { createState, fold, type State, toAgreementDigest, toEntry } from "@leix/exchange";
import {
  type AgencyId,
  type Claims,
  type ExchangeId,
  encodeLeafEntry,
  encodeUtf8,
  invariant,
  LeixError,
  type MessageId,
  type ParsedRecord,
  type PolicySetStatement,
  parseLeafEntry,
  parseRecord,
  toLeafEntry,
  toLogOrigin,
} from "@leix/protocol";
import { hashLeaf, isSameHash, parseCheckpoint, parseNote } from "@leix/tlog";
import { glimpseRecord } from "./glimpse.ts";
import { HashLevels } from "./hash-levels.ts";
import { notePolicySet } from "./policy-sets.ts";
import type { EvidenceTrust } from "./verify-evidence.ts";

/** A record that may be part of the evidence. */
export interface Kept<R extends ParsedRecord = ParsedRecord> {
  readonly index: number;
  readonly bytes: Uint8Array;
  readonly record: R;
}
export type KeptStatement = Kept<Extract<ParsedRecord, { kind: "statement" }>>;
export type KeptMessage = Kept<Extract<ParsedRecord, { kind: "message" }>>;

/** The message to prove, and of whom where two senders have used the same id. */
export interface Wanted {
  readonly id: MessageId;
  readonly iss?: AgencyId;
}

/** What was collected of a ledger below a checkpoint. */
export interface Collected {
  readonly aud: ExchangeId;
  /** The note's text, as it was given. */
  readonly checkpoint: string;
  readonly message: KeptMessage;
  readonly acknowledgements: readonly KeptMessage[];
  /** All statements, but policy sets and files that were not in force when the message was decided. */
  readonly statements: readonly KeptStatement[];
  /** At the checkpoint. */
  readonly state: State;
  readonly tree: HashLevels;
}

/**
 * Takes in a ledger, record by record from the first, and keeps what evidence of one message rests on. It
 * believes its source: what is made of it is verified like any evidence.
 */
export interface Collector {
  /** How many records it wants: as many as the checkpoint covers. */
  readonly size: number;
  /** The next record; one that the checkpoint does not cover is left aside. Throws the codes of its form. */
  add(bytes: Uint8Array): void;
  /** The same of a record that was erased: its leaf. Others are proven by it all the same. */
  addErased(leaf: Uint8Array): void;
  /**
   * Throws `evidence/not-recorded`, or `evidence/record-erased` where it may be one of those that are gone;
   * `evidence/uncovered` where the ledger ended before the checkpoint does; `client/id-ambiguous`, and
   * `ledger/root-differs` where the checkpoint is of another tree.
   */
  finish(): Collected;
}

/** `checkpoint` is a signed note. Throws `tlog/note`, `tlog/checkpoint`, `tlog/origin`. */
export function createCollector(trust: EvidenceTrust, wanted: Wanted, checkpoint: string): Collector {
  const head = parseCheckpoint(parseNote(encodeUtf8(checkpoint)).text);
  const origin = toLogOrigin(trust.aud);
  if (head.origin !== origin) throw new LeixError("tlog/origin", `not of ${origin}`);
  const tree = new HashLevels();
  const statements: KeptStatement[] = [];
  const messages: KeptMessage[] = [];
  const acknowledgements: KeptMessage[] = [];
  const sets = createSetTracker();
  let erased = 0;
  // Whose account it is matters to whoever verifies; here nothing is.
  let state: State | undefined;

  function addStatement(kept: KeptStatement): void {
    const { statement, decision } = kept.record;
    if (statement.kind === "anchor") state ??= createState({ ...trust, anchorAccount: statement.account.id });
    if (!state) throw new LeixError("evidence/missing", "record 0, the anchor's statement");
    if (statement.kind === "policy-set") sets.note(state, statement, kept);
    else fold(state, toEntry(kept.record), decision.jws.digest);
    if (statement.kind !== "policy-set") statements.push(kept);
  }

  function addMessage(kept: KeptMessage, isWanted: boolean): void {
    if (!isWanted) {
      acknowledgements.push(kept);
      return;
    }
    const { iss } = kept.record.claims;
    if (wanted.iss !== undefined && wanted.iss !== iss) return;
    messages.push(kept);
    sets.freeze();
  }

  return {
    size: head.size,
    add(bytes) {
      const index = tree.size;
      if (index >= head.size) return;
      const { kind, id, acknowledged } = glimpseRecord(bytes);
      tree.push(hashLeaf(encodeLeafEntry(toLeafEntry(kind, bytes))));
      const isWanted = id === wanted.id;
      if (kind !== "statement" && !isWanted && acknowledged !== wanted.id) return;
      const record = parseRecord(bytes);
      if (record.kind === "statement") addStatement({ index, bytes, record });
      else if (record.kind === "message") addMessage({ index, bytes, record }, isWanted);
    },
    addErased(leaf) {
      const entry = parseLeafEntry(leaf);
      if (tree.size >= head.size) return;
      tree.push(hashLeaf(encodeLeafEntry(entry)));
      if (entry.kind === "message") erased++;
    },
    finish() {
      const message = chooseOne(messages, wanted, erased);
      if (tree.size < head.size)
        throw new LeixError("evidence/uncovered", `${tree.size} of ${head.size} records`);
      if (!isSameHash(tree.root(), head.root))
        throw new LeixError("ledger/root-differs", `size ${head.size}`);
      invariant(state, "a ledger with a message begins with the anchor");
      const own = acknowledgements.filter(({ record }) => isAbout(record.claims, message.record));
      const all = [...statements, ...sets.inForce()].toSorted((a, b) => a.index - b.index);
      return {
        ...{ aud: trust.aud, checkpoint, message, acknowledgements: own, statements: all, state, tree },
      };
    },
  };
}

/** The statements by which the set in force came to be, up to the message. */
function createSetTracker() {
  const newest = new Map<string, KeptStatement>();
  let active: { readonly version: number; readonly signed: readonly KeptStatement[] } | undefined;
  let isFrozen = false;
  return {
    note(state: State, statement: PolicySetStatement, kept: KeptStatement): void {
      if (isFrozen) return;
      newest.set(statement.iss, kept);
      if (!notePolicySet(state, statement) || active?.version === statement.version) return;
      const digest = toAgreementDigest(statement);
      const signed = [...newest.values()].filter(({ record: { statement: other } }) => {
        return other.kind === "policy-set" && toAgreementDigest(other) === digest;
      });
      active = { version: statement.version, signed };
    },
    freeze(): void {
      isFrozen = true;
    },
    inForce: () => active?.signed ?? [],
  };
}

/** The leaf of a record that was erased does not tell whose it was. */
function chooseOne(messages: readonly KeptMessage[], { id }: Wanted, erased: number): KeptMessage {
  const [first, ...others] = messages;
  if (!first && erased > 0) {
    throw new LeixError("evidence/record-erased", `${id}; ${erased} records of messages are erased`);
  }
  if (!first) throw new LeixError("evidence/not-recorded", id);
  if (others.length === 0) return first;
  const senders = messages.map(({ record }) => record.claims.iss);
  throw new LeixError("client/id-ambiguous", `${id} of ${senders.join(", ")}`);
}

function isAbout(claims: Claims, message: KeptMessage["record"]): boolean {
  const { to, copies, iss } = message.claims;
  return (
    claims.kind === "acknowledgement" &&
    claims.re.iss === iss &&
    claims.re.digest === message.input.digest &&
    [...to, ...copies].includes(claims.iss)
  );
}
