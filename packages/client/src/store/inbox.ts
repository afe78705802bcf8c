import { AgencyId, Digest, type ErrorCode, MessageId, MessageKind } from "@leix/protocol";
import { z } from "zod";
import type { Database } from "./database.ts";
import { errorCode, ID_HAS_PART } from "./outbox.ts";

/** As the broker delivered it; the names are the parts of its subject. Nothing in it is verified. */
export interface Arrival {
  readonly kind: string;
  /** The NATS account that the broker says it comes from. */
  readonly sender: string;
  /** The id of a message, or the digest of an input. */
  readonly id: string;
  readonly payload: Uint8Array;
}

/** `accepted`: believed and readable. The other two are kept as they came, and reported. */
export const ArrivalStatus = z.enum(["accepted", "unverifiable", "undecryptable"]);
export type ArrivalStatus = z.infer<typeof ArrivalStatus>;

/** Why the text of a copy is gone: its time was over, or an officer erased it. */
export const Erasure = z.enum(["retention-ended", "erased"]);
export type Erasure = z.infer<typeof Erasure>;

/** Which message a copy is about: enough to acknowledge it. Of one that is not accepted, what it claims. */
export interface About {
  readonly iss: AgencyId;
  readonly digest: Digest;
  readonly thread: MessageId;
  readonly messageKind: MessageKind;
}

export interface ArrivalVerdict {
  readonly status: ArrivalStatus;
  readonly code?: ErrorCode;
  readonly detail?: string;
  readonly about?: About;
  /** NumericDate from which the text is not to be kept. */
  readonly deleteBy?: number;
}

const ArrivalRow = z.object({
  arrival: z.int(),
  kind: z.string(),
  sender: z.string(),
  id: z.string(),
  payload: z.instanceof(Uint8Array),
  arrivedMs: z.int(),
  /** How often it was being settled when the process ended. */
  attempts: z.int(),
});
export type ArrivalRow = z.infer<typeof ArrivalRow>;

const CopyRow = ArrivalRow.omit({ attempts: true, kind: true }).extend({
  status: ArrivalStatus,
  code: errorCode.nullable(),
  detail: z.string().nullable(),
  iss: AgencyId.nullable(),
  digest: Digest.nullable(),
  thread: MessageId.nullable(),
  messageKind: MessageKind.nullable(),
  acknowledgement: MessageId.nullable(),
  deleteBy: z.int().nullable(),
  erased: Erasure.nullable(),
});
export type CopyRow = z.infer<typeof CopyRow>;

const ARRIVAL_COLUMNS = "arrival, kind, sender, id, payload, arrived_ms AS arrivedMs, attempts";
const COPY_COLUMNS = `arrival, sender, id, payload, arrived_ms AS arrivedMs, status, code, detail,
  iss, digest, thread, message_kind AS messageKind, acknowledgement, delete_by AS deleteBy, erased`;

/**
 * Everything that was delivered to the agency. Copies stay; an answer goes when the outbox has taken it over.
 */
export interface Inbox {
  /**
   * False where it is here already. One that could not be believed or read is replaced by a better copy of
   * the same message.
   */
  add(arrival: Arrival, nowMs: number): boolean;
  /** What nobody has judged yet, oldest first, after a place in the order of arrival. */
  listUnsettled(after: number, max: number): ArrivalRow[];
  /** How often settling it was begun by a process that did not end it, as far as is known. */
  setAttempts(arrival: number, attempts: number): void;
  settle(arrival: number, verdict: ArrivalVerdict): void;
  remove(arrival: number): void;
  /** Judged copies that are to be acknowledged and are not yet. */
  listUnacknowledged(max: number): CopyRow[];
  /** False where it is acknowledged already. */
  setAcknowledgement(arrival: number, id: MessageId): boolean;
  /** An acknowledgement was sent again as another message. */
  replaceAcknowledgement(id: MessageId, by: MessageId): void;
  /** Copies whose text is to be deleted by then and is still there. */
  listExpired(now: number, max: number): CopyRow[];
  /** What is left of a copy takes its place, for ever. False where it was erased before. */
  erase(arrival: number, payload: Uint8Array, why: Erasure): boolean;
  /** Copies only, judged. */
  list(): CopyRow[];
  get(iss: string, id: string): CopyRow | undefined;
  listThread(thread: MessageId): CopyRow[];
  match(part: string): CopyRow[];
}

export function createInbox(database: Database): Inbox {
  const add = database.prepare(
    `INSERT INTO inbox (kind, sender, id, payload, arrived_ms) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (kind, sender, id) DO UPDATE SET
       payload = excluded.payload, arrived_ms = excluded.arrived_ms, attempts = 0,
       status = NULL, code = NULL, detail = NULL, acknowledgement = NULL
     WHERE inbox.status IN ('unverifiable', 'undecryptable') AND inbox.payload <> excluded.payload
       AND inbox.erased IS NULL`,
  );
  const unsettled = database.prepare(
    `SELECT ${ARRIVAL_COLUMNS} FROM inbox WHERE status IS NULL AND arrival > ? ORDER BY arrival LIMIT ?`,
  );
  const attempts = database.prepare("UPDATE inbox SET attempts = ? WHERE arrival = ?");
  const settle = database.prepare(
    `UPDATE inbox SET status = ?, code = ?, detail = ?, iss = ?, digest = ?, thread = ?, message_kind = ?,
       delete_by = ? WHERE arrival = ? AND status IS NULL`,
  );
  const remove = database.prepare("DELETE FROM inbox WHERE arrival = ?");
  const acknowledge = database.prepare(
    "UPDATE inbox SET acknowledgement = ? WHERE arrival = ? AND acknowledgement IS NULL",
  );
  const reacknowledge = database.prepare("UPDATE inbox SET acknowledgement = ? WHERE acknowledgement = ?");
  const select = (rest: string) =>
    database.prepare(
      `SELECT ${COPY_COLUMNS} FROM inbox WHERE kind = 'copy' AND status IS NOT NULL ${rest} ORDER BY arrival`,
    );
  const unacknowledged = database.prepare(
    `SELECT ${COPY_COLUMNS} FROM inbox WHERE kind = 'copy' AND status IS NOT NULL AND acknowledgement IS NULL
     AND message_kind <> 'acknowledgement' ORDER BY arrival LIMIT ?`,
  );
  const expired = database.prepare(
    `SELECT ${COPY_COLUMNS} FROM inbox WHERE kind = 'copy' AND status IS NOT NULL AND erased IS NULL
     AND delete_by <= ? ORDER BY arrival LIMIT ?`,
  );
  const erase = database.prepare(
    "UPDATE inbox SET payload = ?, erased = ? WHERE arrival = ? AND erased IS NULL",
  );
  const all = select("");
  const one = select("AND iss = ? AND id = ?");
  const byThread = select("AND thread = ?");
  const byPart = select(`AND (${ID_HAS_PART})`);
  return {
    add: ({ kind, sender, id, payload }, nowMs) => add.run(kind, sender, id, payload, nowMs).changes === 1,
    listUnsettled: (after, max) => z.array(ArrivalRow).parse(unsettled.all(after, max)),
    setAttempts: (arrival, count) => void attempts.run(count, arrival),
    settle(arrival, { status, code = null, detail = null, about, deleteBy = null }) {
      const { iss = null, digest = null, thread = null, messageKind = null } = about ?? {};
      settle.run(status, code, detail, iss, digest, thread, messageKind, deleteBy, arrival);
    },
    remove: (arrival) => void remove.run(arrival),
    listUnacknowledged: (max) => z.array(CopyRow).parse(unacknowledged.all(max)),
    replaceAcknowledgement: (id, by) => void reacknowledge.run(by, id),
    setAcknowledgement: (arrival, id) => acknowledge.run(id, arrival).changes === 1,
    listExpired: (now, max) => z.array(CopyRow).parse(expired.all(now, max)),
    erase: (arrival, payload, why) => erase.run(payload, why, arrival).changes === 1,
    list: () => z.array(CopyRow).parse(all.all()),
    get: (iss, id) => CopyRow.optional().parse(one.get(iss, id)),
    listThread: (thread) => z.array(CopyRow).parse(byThread.all(thread)),
    match: (part) => z.array(CopyRow).parse(byPart.all(part)),
  };
}
