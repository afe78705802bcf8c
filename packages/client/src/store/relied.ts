import { z } from "zod";
import type { Database } from "./database.ts";

/** A checkpoint that this agency has relied on: cosigned by the quorum, of the one history it has seen. */
export interface ReliedRow {
  readonly size: number;
  readonly root: Uint8Array;
  /** A C2SP signed note, with all its signatures. */
  readonly note: Uint8Array;
  /** POSIX seconds: when it was. */
  readonly at: number;
}

const ReliedRow = z.object({
  size: z.int(),
  root: z.instanceof(Uint8Array),
  note: z.instanceof(Uint8Array),
  at: z.int(),
});

/** Of each log the largest checkpoint that this agency has relied on. */
export interface ReliedCheckpoints {
  get(origin: string): ReliedRow | undefined;
  /**
   * Keeps one in the place of a smaller one, durably; the same tree again changes nothing but its time and
   * note. False where a larger one is kept, or another tree of its size. One write that compares and sets.
   */
  keep(origin: string, row: ReliedRow): boolean;
}

export function createReliedCheckpoints(database: Database): ReliedCheckpoints {
  const get = database.prepare("SELECT size, root, note, at FROM relied WHERE origin = ?");
  const keep = database.prepare(`INSERT INTO relied (origin, size, root, note, at) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE
    SET size = excluded.size, root = excluded.root, note = excluded.note, at = excluded.at
    WHERE size < excluded.size OR (size = excluded.size AND root = excluded.root) RETURNING size`);
  return {
    get: (origin) => ReliedRow.optional().parse(get.get(origin)),
    keep: (origin, { size, root, note, at }) => keep.all(origin, size, root, note, at).length === 1,
  };
}
