import { Digest, LeixError } from "@leix/protocol";
import { z } from "zod";
import type { Database } from "./database.ts";

/** One signed place in the ledger, as a decision or a membership record showed it. */
export interface Sighting {
  readonly index: number;
  readonly digest: Digest;
  readonly prev: Digest | null;
  readonly at: number;
}

const SightingRow = z.object({
  index: z.int(),
  digest: Digest,
  prev: Digest.nullable(),
  at: z.int(),
});

/**
 * Every place of the ledger that this node has seen signed: what a follower holds against a rolled-back
 * ledger.
 */
export interface Sightings {
  /**
   * Throws `ledger/rolled-back` where the place contradicts what was seen before: another record at the same
   * index, a neighbour it is not chained to, or a time out of order. The last shows a ledger that was cut and
   * has grown again as soon as its first new record comes.
   */
  add(sighting: Sighting): void;
  /** The same without keeping it: whether it is there already. Throws as `add`. */
  check(sighting: Sighting): boolean;
  /** The highest place seen. */
  last(): Sighting | undefined;
}

export function createSightings(database: Database): Sightings {
  const columns = 'idx AS "index", digest, prev, at';
  const upTo = database.prepare(`SELECT ${columns} FROM sightings WHERE idx <= ? ORDER BY idx DESC LIMIT 1`);
  const after = database.prepare(`SELECT ${columns} FROM sightings WHERE idx > ? ORDER BY idx LIMIT 1`);
  const last = database.prepare(`SELECT ${columns} FROM sightings ORDER BY idx DESC LIMIT 1`);
  const insert = database.prepare("INSERT INTO sightings (idx, digest, prev, at) VALUES (?, ?, ?, ?)");
  const check: Sightings["check"] = (sighting) => {
    const { index, digest } = sighting;
    const lower = SightingRow.optional().parse(upTo.get(index));
    if (lower?.index === index) {
      if (lower.digest === digest) return true;
      throw contradiction(sighting, lower);
    }
    const upper = SightingRow.optional().parse(after.get(index));
    if (lower && !follows(lower, sighting)) throw contradiction(sighting, lower);
    if (upper && !follows(sighting, upper)) throw contradiction(sighting, upper);
    return false;
  };
  return {
    check,
    add(sighting) {
      const { index, digest, prev, at } = sighting;
      if (!check(sighting)) insert.run(index, digest, prev, at);
    },
    last: () => SightingRow.optional().parse(last.get()),
  };
}

/** Can the later of two places stand in one ledger with the earlier? */
function follows(earlier: Sighting, later: Sighting): boolean {
  if (later.index === earlier.index + 1 && later.prev !== earlier.digest) return false;
  return earlier.at <= later.at;
}

function contradiction(one: Sighting, other: Sighting): LeixError {
  return new LeixError(
    "ledger/rolled-back",
    `record ${one.index} contradicts record ${other.index} seen before`,
  );
}
