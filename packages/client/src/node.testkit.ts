import { parseRecord } from "@leix/protocol";
import type { AgencyName, TestExchange, TestPost } from "./exchange.testkit.ts";
import { type AgencyNode, createNode } from "./node.ts";
import { createEventLog, createRandomBytes, type EventLog } from "./party.testkit.ts";

export interface TestNode extends AsyncDisposable {
  readonly node: AgencyNode;
  readonly post: TestPost;
  readonly log: EventLog;
  readonly folder: string;
  /** Starts the loop; stopped at the end of the test. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export interface TestNodeOptions {
  readonly folder?: string;
  /** How far its clock is ahead of the exchange's. */
  readonly aheadMs?: number;
}

/** A node over an exchange in memory. */
export async function openTestNode(
  exchange: TestExchange,
  agency: AgencyName,
  options: TestNodeOptions = {},
): Promise<TestNode> {
  const post = exchange.connect(agency);
  const log = createEventLog();
  const folder = options.folder ?? (await exchange.copyFolder(agency));
  const clock = () => exchange.nowMs + (options.aheadMs ?? 0);
  const node = await createNode({
    folder,
    post,
    onEvent: log.onEvent,
    clock,
    randomBytes: createRandomBytes(),
  });
  const stopping = new AbortController();
  let running: Promise<void> = Promise.resolve();
  const stop = async () => {
    stopping.abort();
    await running;
    await node[Symbol.asyncDispose]();
  };
  return {
    node,
    post,
    log,
    folder,
    start() {
      running = node.run(stopping.signal);
      running.catch(() => undefined);
      return running;
    },
    stop,
    [Symbol.asyncDispose]: () => stop().catch(() => undefined),
  };
}

export const WAIT_MS = 20_000;

/** How often a message stands in the ledger. */
export function countRecords(exchange: TestExchange, id: string): number {
  return exchange.records
    .map((bytes) => parseRecord(bytes))
    .filter((one) => one.kind === "message" && one.claims.id === id).length;
}

export function countAcknowledgements(exchange: TestExchange, id: string, by: AgencyName): number {
  return exchange.records
    .map((bytes) => parseRecord(bytes))
    .filter((one) => one.kind === "message" && one.claims.kind === "acknowledgement")
    .filter((one) => one.kind === "message" && one.claims.re?.id === id && (one.claims.iss as string) === by)
    .length;
}

/** Inboxes are the exchange's, and outlive a test. */
export function emptyInboxes(exchange: TestExchange): void {
  for (const agency of ["AL-CUSTOMS", "RS-FIU", "RS-SPOC", "AL-SPOC"] as const) {
    exchange.connect(agency).inbox.takeAll();
  }
}
