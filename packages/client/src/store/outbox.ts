import { Digest, type ErrorCode, isErrorCode, LeixError, MessageId, MessageKind } from "@leix/protocol";
import { z } from "zod";
import type { Database } from "./database.ts";

/** `stored` here; `received` durably by the exchange; then what was decided. */
export const SentStatus = z.enum([
  "stored",
  "received",
  "permitted",
  "partly-permitted",
  "denied",
  "rejected",
]);
export type SentStatus = z.infer<typeof SentStatus>;

export const errorCode = z.string().transform((text): ErrorCode => {
  if (!isErrorCode(text)) throw new LeixError("client/store-unusable", `code ${text}`);
  return text;
});

const SentRow = z.object({
  id: MessageId,
  seq: z.int(),
  digest: Digest,
  thread: MessageId,
  kind: MessageKind,
  /** The signed claims. */
  token: z.string(),
  status: SentStatus,
  storedMs: z.int(),
  /** The policy service's decision, as it was presented. */
  decision: z.string().nullable(),
  code: errorCode.nullable(),
  detail: z.string().nullable(),
  /** The message that was sent in its place. */
  replacedBy: MessageId.nullable(),
});
export type SentRow = z.infer<typeof SentRow>;

/** A message that the exchange has acknowledged, and all that a ledger knows it by. */
const ReceivedRow = SentRow.pick({
  id: true,
  seq: true,
  digest: true,
  kind: true,
  status: true,
  decision: true,
}).extend({
  rawDigest: Digest,
  storedMs: z.int(),
  /** When the last acknowledgement came; null where the answer came without one. */
  receivedMs: z.int().nullable(),
});
export type ReceivedRow = z.infer<typeof ReceivedRow>;

/** A message as what an agency can show of it to others. */
const HeldRow = z
  .object({
    seq: z.int(),
    digest: Digest,
    rawDigest: Digest,
    token: z.string(),
    /** The bytes that were sent: until it is decided, and for good where it was rejected. */
    envelope: z.instanceof(Uint8Array).nullable(),
    decision: z.string().nullable(),
  })
  .transform(({ envelope, decision, ...row }) => ({
    ...row,
    ...(envelope === null ? {} : { input: envelope }),
    ...(decision === null ? {} : { decision }),
  }));
export type HeldMessage = z.infer<typeof HeldRow>;

/** The id begins or ends with what is asked for; people copy either end. */
export const ID_HAS_PART =
  "length(?1) > 0 AND (substr(id, 1, length(?1)) = ?1 OR substr(id, -length(?1)) = ?1)";

const COLUMNS =
  "id, seq, digest, thread, kind, token, status, stored_ms AS storedMs, decision, code, detail, " +
  "replaced_by AS replacedBy";

/** The end of the agency's own chain: what the next message counts and points on from. */
export interface ChainHead {
  readonly seq: number;
  readonly digest: Digest | null;
}

/** A message signed as the one after a head. */
export interface SignedMessage {
  readonly id: MessageId;
  readonly seq: number;
  readonly digest: Digest;
  readonly thread: MessageId;
  readonly kind: MessageKind;
  readonly token: string;
  readonly envelope: Uint8Array;
  /** Digest of the envelope's bytes: what a rejection of it is recorded under. */
  readonly rawDigest: Digest;
  /** NumericDate: when its text is to be deleted. */
  readonly deleteBy?: number | undefined;
}

/** What became of a message. A rejection's bytes stay: they are the sender's proof of a false one. */
export type Settlement =
  | { readonly status: "permitted" | "partly-permitted" | "denied"; readonly decision: string }
  | {
      readonly status: "rejected";
      readonly decision: string;
      readonly code: ErrorCode;
      readonly detail: string;
    };

/** Everything the agency has sent, in the order of its chain. */
export interface Outbox {
  head(): ChainHead;
  /** Only in a transaction that has seen the message to be the next of the chain. */
  append(message: SignedMessage, nowMs: number): void;
  get(id: string): SentRow | undefined;
  getByRawDigest(digest: Digest): SentRow | undefined;
  list(): SentRow[];
  /** What the exchange has received durably, by its own word, in order. */
  listReceived(): ReceivedRow[];
  /** By their numbers, up to the last that the exchange has received. */
  listHeld(first: number, last: number): HeldMessage[];
  listThread(thread: MessageId): SentRow[];
  /** Ids that begin or end so. */
  match(part: string): SentRow[];
  /** Undecided messages to send (again): not received since then, or never. In order. */
  listDue(receivedBeforeMs: number): MessageId[];
  /**
   * The decisions of the last so many that were denied or rejected before the first one that has no decision,
   * as far as they are among so many messages before that; none where all have one.
   */
  listRefused(count: number, among: number): string[];
  /** Undefined once it need not be sent again: it was denied, or everyone has acknowledged it. */
  getEnvelope(id: MessageId): Uint8Array | undefined;
  /** The exchange has it (again). */
  markReceived(id: MessageId, nowMs: number): void;
  settle(id: MessageId, settlement: Settlement): void;
  /** Another message was signed and stored in the place of a rejected one. */
  replace(id: MessageId, by: MessageId): void;
}

export function createOutbox(database: Database): Outbox {
  const select = (rest: string) => database.prepare(`SELECT ${COLUMNS} FROM outbox ${rest}`);
  const head = database.prepare(
    `SELECT seq, digest FROM (SELECT seq, digest FROM outbox UNION ALL SELECT seq, digest FROM chain_resumed)
     ORDER BY seq DESC LIMIT 1`,
  );
  const insert = database.prepare(
    `INSERT INTO outbox
       (id, seq, digest, raw_digest, thread, kind, token, envelope, delete_by, status, stored_ms)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'stored', ?)`,
  );
  const byId = select("WHERE id = ?");
  const byRawDigest = select("WHERE raw_digest = ?");
  const all = select("ORDER BY seq");
  const receipts = database.prepare(
    `SELECT id, seq, digest, raw_digest AS rawDigest, kind, status, decision, stored_ms AS storedMs,
       received_ms AS receivedMs FROM outbox WHERE status <> 'stored' ORDER BY seq`,
  );
  const held = database.prepare(
    `SELECT seq, digest, raw_digest AS rawDigest, token, decision,
       iif(status IN ('permitted', 'partly-permitted'), NULL, envelope) AS envelope FROM outbox
     WHERE seq BETWEEN ? AND min(?, (SELECT max(seq) FROM outbox WHERE status <> 'stored')) ORDER BY seq`,
  );
  const byThread = select("WHERE thread = ? ORDER BY seq");
  const byPart = select(`WHERE ${ID_HAS_PART} ORDER BY seq`);
  const due = database.prepare(
    `SELECT id FROM outbox WHERE status IN ('stored', 'received')
     AND (received_ms IS NULL OR received_ms < ?) ORDER BY seq`,
  );
  const refused = database.prepare(
    `SELECT decision FROM outbox,
       (SELECT min(seq) AS first FROM outbox WHERE status IN ('stored', 'received'))
     WHERE seq BETWEEN first - ?2 AND first AND status IN ('denied', 'rejected') ORDER BY seq DESC LIMIT ?1`,
  );
  const envelope = database.prepare("SELECT envelope FROM outbox WHERE id = ?");
  const received = database.prepare(
    `UPDATE outbox SET status = iif(status = 'stored', 'received', status), received_ms = ?
     WHERE id = ? AND status NOT IN ('denied', 'rejected')`,
  );
  const settled = database.prepare(
    `UPDATE outbox SET status = ?, decision = ?, code = ?, detail = ?,
       envelope = iif(? AND (kind <> 'acknowledgement' OR ?1 = 'rejected'), envelope, NULL) WHERE id = ?`,
  );
  const replaced = database.prepare("UPDATE outbox SET replaced_by = ? WHERE id = ?");
  return {
    head: () => ChainRow.parse(head.get() ?? { seq: 0, digest: null }),
    append({ id, seq, digest, rawDigest, thread, kind, token, envelope, deleteBy = null }, nowMs) {
      insert.run(id, seq, digest, rawDigest, thread, kind, token, envelope, deleteBy, nowMs);
    },
    get: (id) => SentRow.optional().parse(byId.get(id)),
    getByRawDigest: (digest) => SentRow.optional().parse(byRawDigest.get(digest)),
    list: () => z.array(SentRow).parse(all.all()),
    listReceived: () => z.array(ReceivedRow).parse(receipts.all()),
    listHeld: (first, last) => z.array(HeldRow).parse(held.all(first, last)),
    listThread: (thread) => z.array(SentRow).parse(byThread.all(thread)),
    match: (part) => z.array(SentRow).parse(byPart.all(part)),
    listDue: (receivedBeforeMs) => due.all(receivedBeforeMs).map((row) => MessageId.parse(row.id)),
    listRefused: (count, among) => z.array(RefusedRow).parse(refused.all(count, among)).map(toDecision),
    getEnvelope: (id) => EnvelopeRow.optional().parse(envelope.get(id))?.envelope ?? undefined,
    markReceived: (id, nowMs) => void received.run(nowMs, id),
    settle(id, settlement) {
      const isRejected = settlement.status === "rejected";
      const [code, detail] = isRejected ? [settlement.code, settlement.detail] : [null, null];
      // What was let through may have to be sent again until everyone has acknowledged it (`waited`).
      const isKept = settlement.status !== "denied";
      settled.run(settlement.status, settlement.decision, code, detail, isKept ? 1 : 0, id);
    },
    replace: (id, by) => void replaced.run(by, id),
  };
}

const ChainRow = z.object({ seq: z.int(), digest: Digest.nullable() });
const RefusedRow = z.object({ decision: z.string() });
const toDecision = ({ decision }: z.infer<typeof RefusedRow>): string => decision;
const EnvelopeRow = z.object({ envelope: z.instanceof(Uint8Array).nullable() });
