import { z } from "zod";
import type { Database } from "./database.ts";

export interface WitnessedRow {
  readonly size: number;
  readonly root: Uint8Array;
  /** The checkpoint, a C2SP signed note, with the log's own signatures. */
  readonly note: Uint8Array;
  /** POSIX seconds that the cosignature says; never before those of the tree before. */
  readonly at: number;
  /** Whether the log has had the cosignature. */
  readonly isHandedIn: boolean;
}

const WitnessedRow = z.object({
  size: z.int(),
  root: z.instanceof(Uint8Array),
  note: z.instanceof(Uint8Array),
  at: z.int(),
  isHandedIn: z.int().transform((value) => value === 1),
});

type Tree = Pick<WitnessedRow, "size" | "root">;

/**
 * Of each log the largest tree that this agency has seen and found to extend the one before. What is kept
 * here comes first; a cosignature is made of it afterwards, so none was ever made of anything that is not,
 * or was not, here.
 */
export interface WitnessedTrees {
  get(origin: string): WitnessedRow | undefined;
  /**
   * Keeps a tree in the place of `before`, durably: undefined where that is not the last any more, otherwise
   * the time to be said in the cosignature. One write that compares and sets: of several processes on this
   * file one comes first.
   */
  keep(origin: string, next: Omit<WitnessedRow, "isHandedIn">, before: Tree | undefined): number | undefined;
  /** The log has the cosignature of that tree, if it is still the last. */
  handIn(origin: string, size: number): void;
}

const COLUMNS = "size, root, note, at, handed_in AS isHandedIn";
const KeptRow = z.object({ at: z.int() }).optional();

export function createWitnessedTrees(database: Database): WitnessedTrees {
  const get = database.prepare(`SELECT ${COLUMNS} FROM witnessed WHERE origin = ?`);
  const insert = database.prepare(`INSERT INTO witnessed (origin, size, root, note, at) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT DO NOTHING RETURNING at`);
  const replace = database.prepare(`UPDATE witnessed
    SET size = ?, root = ?, note = ?, at = max(at, ?), handed_in = 0
    WHERE origin = ? AND size = ? AND root = ? RETURNING at`);
  const handIn = database.prepare("UPDATE witnessed SET handed_in = 1 WHERE origin = ? AND size = ?");
  return {
    get: (origin) => WitnessedRow.optional().parse(get.get(origin)),
    keep(origin, { size, root, note, at }, before) {
      const kept = before
        ? replace.all(size, root, note, at, origin, before.size, before.root)
        : insert.all(origin, size, root, note, at);
      return KeptRow.parse(kept[0])?.at;
    },
    handIn: (origin, size) => void handIn.run(origin, size),
  };
}
