import { MessageId } from "@leix/protocol";
import { z } from "zod";
import type { Database } from "./database.ts";

const WaitedRow = z.object({ id: MessageId, decision: z.string() });
export type WaitedRow = z.infer<typeof WaitedRow>;

/** What was let through and is kept as it was sent, because not everyone has acknowledged it yet. */
export interface WaitedMessages {
  /**
   * In order, what the exchange acknowledged last at `lostBeforeMs` or earlier; and what has waited since
   * then for so long, and for as long as it had waited by then.
   */
  listDue(lostBeforeMs: number, nowMs: number, firstMs: number): MessageId[];
  get(id: MessageId): WaitedRow | undefined;
  /** It need not be sent again: its bytes go, for good. */
  release(id: MessageId): void;
  /** The same of all that was stored before then, or whose text is to be deleted by now. */
  releaseOver(storedBeforeMs: number, nowMs: number): void;
}

const WAITED = "envelope IS NOT NULL AND status IN ('permitted', 'partly-permitted')";
/** Null where its answer came first. */
const LAST_MS = "coalesce(received_ms, stored_ms)";

export function createWaitedMessages(database: Database): WaitedMessages {
  const due = database.prepare(
    `SELECT id FROM outbox WHERE ${WAITED}
     AND (${LAST_MS} <= ?1 OR ?2 - ${LAST_MS} >= max(?3, ${LAST_MS} - stored_ms)) ORDER BY seq`,
  );
  const one = database.prepare(`SELECT id, decision FROM outbox WHERE ${WAITED} AND id = ?`);
  const release = (rest: string) =>
    database.prepare(`UPDATE outbox SET envelope = NULL WHERE ${WAITED} AND ${rest}`);
  const [released, over] = [release("id = ?"), release("(stored_ms < ?1 OR delete_by * 1000 <= ?2)")];
  return {
    listDue: (...times) => due.all(...times).map((row) => MessageId.parse(row.id)),
    get: (id) => WaitedRow.optional().parse(one.get(id)),
    release: (id) => void released.run(id),
    releaseOver: (storedBeforeMs, nowMs) => void over.run(storedBeforeMs, nowMs),
  };
}
