import { LeixError } from "@leix/protocol";

/** Counts what each party asks. Throws `ledger/too-many-requests` for one too many. */
export type RateLimit = (party: string) => void;

export interface Rate {
  readonly perSecond: number;
  /** After a party was silent. */
  readonly atOnceMax: number;
}

/**
 * A bucket for each party, of those that are known: names that anyone can make up would fill memory. `clock`
 * in milliseconds, forward only.
 */
export function createRateLimit(clock: () => number, { perSecond, atOnceMax }: Rate): RateLimit {
  const buckets = new Map<string, { left: number; at: number }>();
  return (party) => {
    const now = clock();
    const { left, at } = buckets.get(party) ?? { left: atOnceMax, at: now };
    const filled = Math.min(atOnceMax, left + ((now - at) / 1_000) * perSecond);
    if (filled < 1) throw new LeixError("ledger/too-many-requests");
    buckets.set(party, { left: filled - 1, at: now });
  };
}
