import type { AgencyNode, NodeEvent } from "@leix/client";
import { LeixError } from "@leix/protocol";
import type { Listen } from "./node-access.ts";

/** How long nothing may come until the inbox counts as empty. */
const QUIET_MS = 500;
/** The first answer of the broker takes longer. */
const START_MS = 3_000;

/** Runs the node beside some work, and stops it when that is done. What stops the node stops the work. */
export async function whileRunning<T>(node: AgencyNode, work: () => Promise<T>): Promise<T> {
  const stopping = new AbortController();
  const running = node.run(stopping.signal, { resendAll: false });
  const failed = running.then(() => Promise.withResolvers<never>().promise);
  try {
    return await Promise.race([work(), failed]);
  } finally {
    stopping.abort();
    await running.catch(() => undefined);
  }
}

export interface FetchOptions {
  /** How long to wait for something new; 0 fetches what is there already. */
  readonly waitMs: number;
  /** Tells of a broker that cannot be reached: what is in the store can be shown all the same. */
  readonly warn: (error: LeixError) => void;
  readonly listen: Listen;
}

/** Takes in what waits at the broker, until nothing has come for a while. */
export async function fetchArrivals(node: AgencyNode, options: FetchOptions): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let timer = setTimeout(resolve, Math.max(START_MS, options.waitMs));
  const settleIn = (timeoutMs: number) => {
    clearTimeout(timer);
    timer = setTimeout(resolve, timeoutMs);
  };
  using _listening = options.listen(({ kind }) => {
    if (kind === "membership.refreshed" && options.waitMs === 0) settleIn(QUIET_MS);
    else if (isArrival(kind)) settleIn(QUIET_MS);
  });
  try {
    await whileRunning(node, () => promise);
  } catch (error) {
    if (!(error instanceof LeixError) || error.code !== "broker/unreachable") throw error;
    options.warn(error);
  } finally {
    clearTimeout(timer);
  }
}

const ARRIVALS: readonly NodeEvent["kind"][] = [
  "message.received",
  "message.unverifiable",
  "message.undecryptable",
  "message.decided",
  "message.rejected",
  "answer.refused",
  "arrival.deferred",
];

function isArrival(kind: NodeEvent["kind"]): boolean {
  return ARRIVALS.includes(kind);
}
