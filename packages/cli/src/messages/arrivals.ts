import type { AgencyNode, NodeEvent } from "@leix/client";
import { type ErrorCode, LeixError } from "@leix/protocol";
import type { Command } from "commander";
import { parseDuration } from "./durations.ts";
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

/** What every command takes that shows what has come. */
export interface ArrivalFlags {
  readonly wait?: string | true;
  readonly offline?: true;
}

const WAIT_DEFAULT = "60s";

export function withArrivalOptions(command: Command): Command {
  return command
    .option("--wait [time]", `wait for something new, ${WAIT_DEFAULT} where no time is given`)
    .option("--offline", "show what is here, without asking the broker");
}

/** Takes in what waits at the broker, unless it is not to be asked; a broker that is away is told of. */
export async function takeIn(
  node: AgencyNode,
  { wait, offline }: ArrivalFlags,
  listen: Listen,
): Promise<void> {
  if (offline) return;
  const waitMs = wait === undefined ? 0 : parseDuration(wait === true ? WAIT_DEFAULT : wait);
  const warn = (error: LeixError) =>
    void process.stderr.write(`${error.explain()}\nShown is what is here.\n`);
  await fetchArrivals(node, { waitMs, warn, listen });
}

interface FetchOptions {
  /** How long to wait for something new; 0 fetches what is there already. */
  readonly waitMs: number;
  /** Tells of a broker that cannot be reached, or the like: what is in the store is shown all the same. */
  readonly warn: (error: LeixError) => void;
  readonly listen: Listen;
}

/** Until nothing has come for a while. */
async function fetchArrivals(node: AgencyNode, options: FetchOptions): Promise<void> {
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
    if (!(error instanceof LeixError) || !HINDRANCES.includes(error.code)) throw error;
    options.warn(error);
  } finally {
    clearTimeout(timer);
  }
}

/** For those who keep the exchange up; what is here can be read all the same. */
const HINDRANCES: readonly ErrorCode[] = ["broker/unreachable", "broker/expired", "ledger/rolled-back"];

const ARRIVALS: readonly NodeEvent["kind"][] = [
  "message.received",
  "message.unverifiable",
  "message.undecryptable",
  "message.decided",
  "message.rejected",
  "notice.received",
  "notice.refused",
  "answer.refused",
  "arrival.deferred",
];

function isArrival(kind: NodeEvent["kind"]): boolean {
  return ARRIVALS.includes(kind);
}
