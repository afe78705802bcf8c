import { LeixError } from "@leix/protocol";
import { REQUESTS_AT_ONCE_MAX, REQUESTS_PER_SECOND } from "./limits.ts";

/** Counts what each party asks. Throws `ledger/too-many-requests` for one too many. */
export type RateLimit = (party: string) => void;

/** A bucket for each party, which fills by REQUESTS_PER_SECOND. `clock` in milliseconds, forward only. */
export function createRateLimit(clock: () => number): RateLimit {
  const buckets = new Map<string, { left: number; at: number }>();
  return (party) => {
    const now = clock();
    const { left, at } = buckets.get(party) ?? { left: REQUESTS_AT_ONCE_MAX, at: now };
    const filled = Math.min(REQUESTS_AT_ONCE_MAX, left + ((now - at) / 1_000) * REQUESTS_PER_SECOND);
    if (filled < 1) throw new LeixError("ledger/too-many-requests");
    buckets.set(party, { left: filled - 1, at: now });
  };
}
