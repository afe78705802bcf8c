import { MessageId } from "@leix/protocol";
import { z } from "zod";
import type { Database } from "./database.ts";

const WaitedRow = z.object({
  id: MessageId,
  /** The signed claims. */
  token: z.string(),
  decision: z.string(),
  storedMs: z.int(),
  /** When the exchange acknowledged it last; null where its answer came first. */
  receivedMs: z.int().nullable(),
});
export type WaitedRow = z.infer<typeof WaitedRow>;

/** What was let through and is kept as it was sent, because not everyone has acknowledged it yet. */
export interface WaitedMessages {
  /** In order. */
  list(): WaitedRow[];
  get(id: MessageId): WaitedRow | undefined;
  /** It need not be sent again: its bytes go, for good. */
  release(id: MessageId): void;
}

export function createWaitedMessages(database: Database): WaitedMessages {
  const select = (rest: string) =>
    database.prepare(
      `SELECT id, token, decision, stored_ms AS storedMs, received_ms AS receivedMs FROM outbox
       WHERE envelope IS NOT NULL AND status IN ('permitted', 'partly-permitted') ${rest}`,
    );
  const [all, one] = [select("ORDER BY seq"), select("AND id = ?")];
  const release = database.prepare(
    `UPDATE outbox SET envelope = NULL WHERE id = ? AND status IN ('permitted', 'partly-permitted')`,
  );
  return {
    list: () => z.array(WaitedRow).parse(all.all()),
    get: (id) => WaitedRow.optional().parse(one.get(id)),
    release: (id) => void release.run(id),
  };
}
