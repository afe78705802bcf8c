import type { Receipt } from "@leix/client";
import {
  type AgencyId,
  type Digest,
  type ErrorCode,
  listRejected,
  type MessageId,
  type Outcome,
  type ParsedRecord,
} from "@leix/protocol";

/** A record that is about one of the agency's messages. */
export type Place =
  | { readonly kind: "recorded"; readonly index: number; readonly outcome: Outcome }
  | { readonly kind: "rejected"; readonly index: number; readonly code: ErrorCode };

/** What the ledger has of a message that the exchange had acknowledged. */
export type Standing =
  /** Once, as it should be. */
  | "recorded"
  | "rejected"
  /** Not there, and the ledger that was read ends before it would have to be. */
  | "later"
  /** In the part of the ledger that was erased: by what the agency was told, or by when it was received. */
  | "erased"
  /** Not there, and it would have to be. */
  | "missing"
  /** More than once. */
  | "repeated"
  /** There, under another decision than the one that the agency was given. */
  | "otherwise";

export interface MatchedMessage {
  readonly id: MessageId;
  readonly seq: number;
  readonly kind: Receipt["kind"];
  readonly standing: Standing;
  readonly places: readonly Place[];
  /** The record that the agency was told. */
  readonly told?: number;
}

/** A message in the ledger under the agency's name that its outbox does not have. */
export interface Stranger {
  readonly index: number;
  readonly id: MessageId;
  readonly seq: number;
}

export interface Completeness {
  readonly agency: AgencyId;
  /** Messages that the exchange has acknowledged, by the agency's outbox. */
  readonly acknowledged: number;
  readonly standings: Readonly<Record<Standing, number>>;
  readonly messages: readonly MatchedMessage[];
  readonly strangers: number;
  /** The first of them. */
  readonly strange: readonly Stranger[];
}

/** The end of what was read. */
export interface LedgerEnd {
  readonly index: number;
  readonly at: number;
}

const STRANGERS_KEPT_MAX = 100;
/** What two clocks may differ by, and what deciding may take while others' messages are decided. */
const GRACE_SECONDS = 300;

export interface Matcher {
  add(record: ParsedRecord): void;
  /** Records from one index up to another, without it, were erased. */
  addErased(begin: number, end: number): void;
  result(end: LedgerEnd): Completeness;
}

/** Which records were erased. */
interface Erased {
  readonly parts: { readonly begin: number; readonly end: number }[];
  /** When the first record after them was recorded. */
  until: number;
}

/** Finds an agency's acknowledged messages among the records of a ledger, which are given in order. */
export function createMatcher(agency: AgencyId, receipts: readonly Receipt[]): Matcher {
  const byId = new Map(receipts.map((receipt) => [receipt.ref.id, receipt]));
  const byRaw = new Map(receipts.map((receipt) => [receipt.rawDigest, receipt]));
  const found = new Map<MessageId, { readonly place: Place; readonly decision: Digest }[]>();
  const strange: Stranger[] = [];
  const erased: Erased = { parts: [], until: Number.NEGATIVE_INFINITY };
  let strangers = 0;
  const note = ({ ref }: Receipt, place: Place, decision: Digest): void => {
    const known = found.get(ref.id);
    if (known) known.push({ place, decision });
    else found.set(ref.id, [{ place, decision }]);
  };
  return {
    add(record) {
      const { content, jws } = record.decision;
      const { index, at } = content;
      if (erased.parts.at(-1)?.end === index) erased.until = at;
      for (const { digest, code } of listRejected(content)) {
        const receipt = byRaw.get(digest);
        if (receipt) note(receipt, { kind: "rejected", index, code }, jws.digest);
      }
      if (record.kind !== "message" || record.claims.iss !== agency) return;
      const { id, seq } = record.claims;
      const receipt = byId.get(id);
      const { outcome } = record.decision;
      if (receipt?.ref.digest === record.input.digest && outcome) {
        note(receipt, { kind: "recorded", index, outcome }, jws.digest);
        return;
      }
      strangers++;
      if (strange.length < STRANGERS_KEPT_MAX) strange.push({ index, id, seq });
    },
    addErased: (begin, end) => erased.parts.push({ begin, end }),
    result(end) {
      const messages = receipts.map((receipt) => {
        return toMatched(receipt, found.get(receipt.ref.id) ?? [], end, erased);
      });
      const standings = {
        ...{ recorded: 0, rejected: 0, erased: 0 },
        ...{ later: 0, missing: 0, repeated: 0, otherwise: 0 },
      };
      for (const { standing } of messages) standings[standing]++;
      return { agency, acknowledged: receipts.length, standings, messages, strangers, strange };
    },
  };
}

/** All that was acknowledged is there, once, as the agency was told; and nothing that it did not send. */
export function isComplete({ standings, strangers }: Completeness): boolean {
  return standings.missing + standings.repeated + standings.otherwise + strangers === 0;
}

type Found = readonly { readonly place: Place; readonly decision: Digest }[];

function toMatched(receipt: Receipt, found: Found, end: LedgerEnd, erased: Erased): MatchedMessage {
  const { ref, seq, kind, told } = receipt;
  return {
    ...{ id: ref.id, seq, kind, standing: toStanding(receipt, found, end, erased) },
    places: found.map(({ place }) => place),
    ...(told ? { told: told.index } : {}),
  };
}

function toStanding(receipt: Receipt, found: Found, end: LedgerEnd, erased: Erased): Standing {
  const [first, second] = found;
  const { told } = receipt;
  if (second) return "repeated";
  if (first) return told && told.decision !== first.decision ? "otherwise" : first.place.kind;
  if (told && erased.parts.some((part) => part.begin <= told.index && told.index < part.end)) return "erased";
  if (told) return told.index >= end.index ? "later" : "missing";
  const receivedAt = Math.floor((receipt.receivedMs ?? receipt.storedMs) / 1_000);
  if (receivedAt - GRACE_SECONDS <= erased.until) return "erased";
  return receivedAt + GRACE_SECONDS >= end.at ? "later" : "missing";
}
