import { z } from "zod";
import type { Database } from "./database.ts";

const NoticeRow = z.object({
  /** Of the record of the ledger that tells it. */
  index: z.int(),
  /** The policy service's decision, as far as it was presented: the notices to this agency. */
  decision: z.string(),
  arrivedMs: z.int(),
});
export type NoticeRow = z.infer<typeof NoticeRow>;

/** What the exchange has told the agency beside messages, verified. */
export interface Notices {
  /** False where it is here already. */
  add(notice: NoticeRow): boolean;
  /** In the order of the ledger. */
  list(): NoticeRow[];
}

export function createNotices(database: Database): Notices {
  const insert = database.prepare(
    "INSERT INTO notices (idx, decision, arrived_ms) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
  );
  const list = database.prepare(
    'SELECT idx AS "index", decision, arrived_ms AS arrivedMs FROM notices ORDER BY idx',
  );
  return {
    add: ({ index, decision, arrivedMs }) => insert.run(index, decision, arrivedMs).changes === 1,
    list: () => z.array(NoticeRow).parse(list.all()),
  };
}
