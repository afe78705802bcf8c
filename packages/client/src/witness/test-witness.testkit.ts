import { type ErrorCode, LeixError } from "@leix/protocol";
import type { AgencyName, TestExchange } from "../exchange.testkit.ts";
import { type AgencyNode, createNode } from "../node.ts";
import { createEventLog, type EventLog } from "../party.testkit.ts";
import type { TestLog } from "./test-log.testkit.ts";

/** An agency's node as a witness of a log in memory. */
export interface TestWitness extends AsyncDisposable {
  readonly node: AgencyNode;
  readonly folder: string;
  readonly events: EventLog;
  /** Whom it asks. */
  ask(log: TestLog | undefined): void;
}

/** On a fresh copy of the agency's folder, where none is given. */
export async function openWitness(
  exchange: TestExchange,
  agency: AgencyName,
  log: TestLog | undefined,
  folder?: string,
): Promise<TestWitness> {
  const own = folder ?? (await exchange.copyFolder(agency));
  const post = exchange.connect(agency);
  const events = createEventLog();
  const clock = () => exchange.nowMs;
  const node = await createNode({ folder: own, post, onEvent: events.onEvent, clock });
  await node.refreshMembership();
  const ask = (one: TestLog | undefined) => {
    post.log = one?.answer;
  };
  ask(log);
  return { node, folder: own, events, ask, [Symbol.asyncDispose]: () => node[Symbol.asyncDispose]() };
}

export async function codeOf(work: Promise<unknown>): Promise<ErrorCode | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    if (error instanceof LeixError) return error.code;
    throw error;
  }
}
