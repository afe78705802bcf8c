import { limits, openDecision } from "@leix/protocol";
import type { Outbox } from "./store/outbox.ts";

const MINUTE_SECONDS = 60;

/** Why messages of this agency have no decision yet, although the exchange has them and is well. */
export interface Hold {
  /** NumericDate: the end of the minute in which so many were refused. */
  readonly until: number;
}

/**
 * Whether the exchange lets this agency's messages wait: it has refused as many of them as it refuses in a
 * minute, one by one, within the last two, and there are others without a decision. Then those are decided
 * later, in their order; nothing has to be done, and least of all sent again. Undefined where it is not so.
 */
export function findHold(outbox: Pick<Outbox, "listRefused">, nowMs: number): Hold | undefined {
  const most = limits.REJECTIONS_PER_MINUTE_MAX;
  const refused = outbox.listRefused(most, limits.OUT_BACKLOG_MESSAGES_MAX);
  if (refused.length < most) return undefined;
  const minutes = refused.map((decision) => toMinute(openDecision(decision).content.at));
  const since = toMinute(nowMs / 1_000) - MINUTE_SECONDS;
  if (Math.min(...minutes) < since) return undefined;
  return { until: Math.max(...minutes) + MINUTE_SECONDS };
}

function toMinute(seconds: number): number {
  return Math.floor(seconds / MINUTE_SECONDS) * MINUTE_SECONDS;
}
