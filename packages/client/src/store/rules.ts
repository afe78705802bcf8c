import { LeixError } from "@leix/protocol";
import { z } from "zod";
import type { Database } from "./database.ts";

const RulesRow = z.object({ index: z.int(), record: z.instanceof(Uint8Array) });

/** The ledger's records about membership and rules, as this node was given and has verified them. */
export interface Rules {
  /** From an index on, in order. */
  list(from: number): { readonly index: number; readonly record: Uint8Array }[];
  /**
   * The same record again changes nothing. Throws `ledger/rolled-back` where another one was there before.
   */
  add(index: number, record: Uint8Array): void;
}

export function createRules(database: Database): Rules {
  const list = database.prepare('SELECT idx AS "index", record FROM rules WHERE idx >= ? ORDER BY idx');
  const insert = database.prepare("INSERT INTO rules (idx, record) VALUES (?, ?) ON CONFLICT DO NOTHING");
  const isSame = database.prepare("SELECT 1 FROM rules WHERE idx = ? AND record = ?");
  return {
    list: (from) => z.array(RulesRow).parse(list.all(from)),
    add(index, record) {
      if (insert.run(index, record).changes === 1 || isSame.get(index, record)) return;
      throw new LeixError("ledger/rolled-back", `another record ${index} was here before`);
    },
  };
}
