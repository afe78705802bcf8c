import { EventEmitter, once } from "node:events";
import {
  type AgencyNode,
  createNode,
  type Draft,
  type OfficerName,
  type ReceivedMessage,
  type SentMessage,
} from "@leix/client";
import { AgencyId, type MessageRef, type Notice } from "@leix/protocol";
import { type NetworkFile, toPartyFolder } from "@leix/runtime";
import { expectTold } from "./screen.ts";

const ANSWER_MS = 30_000;

/** The agencies of the story, each with its own node, keys and store. */
export interface Cast extends AsyncDisposable {
  node(agency: string): AgencyNode;
  /** Sends and waits for the decision or the rejection. */
  send(agency: string, draft: Draft): Promise<SentMessage>;
  /** Waits until a message has reached an agency and been verified there. */
  receive(agency: string, ref: MessageRef): Promise<ReceivedMessage>;
  /** Waits until an agency is told of something that a message, or time, has caused. */
  notice(agency: string, notice: string, about: MessageRef): Promise<Notice>;
  /** An officer acknowledges what the agency received; waits until that is permitted. */
  acknowledge(
    agency: string,
    ref: MessageRef,
    status: "rectified" | "erased" | "restricted" | "read",
    officer: OfficerName,
  ): Promise<void>;
}

/** One agency's node, and a sign whenever something happens in it. */
interface Member {
  readonly node: AgencyNode;
  readonly changes: EventEmitter;
}

/** Starts a node for each agency of the network. `await using` ends them, and throws what ended one early. */
export async function openCast(
  dir: string,
  network: NetworkFile,
  agencies: readonly string[],
): Promise<Cast> {
  await using opened = new AsyncDisposableStack();
  const ending = new AbortController();
  const members = new Map<string, Member>();
  const running: Promise<unknown>[] = [];
  for (const agency of agencies) {
    const changes = new EventEmitter();
    const folder = toPartyFolder(dir, network, agency);
    const onEvent = () => void changes.emit("changed");
    const node = opened.use(await createNode({ folder, connectWaitMs: ANSWER_MS, onEvent }));
    members.set(agency, { node, changes });
    for (const work of [node.run(ending.signal), node.witness.run(ending.signal)]) {
      running.push(work.catch((failure: unknown) => failure));
    }
  }
  // Deferred last, so done first: the nodes stop running before they are closed.
  opened.defer(async () => {
    ending.abort();
    for (const failure of await Promise.all(running)) if (failure) throw failure;
  });
  const kept = opened.move();
  const find = (agency: string) => {
    const member = members.get(agency);
    expectTold(member, `${agency} is not in this story`);
    return member;
  };
  return {
    node: (agency) => find(agency).node,
    async send(agency, draft) {
      const { node } = find(agency);
      const { ref } = await node.send(draft);
      return node.waitForDecision(ref, ANSWER_MS);
    },
    receive: (agency, ref) => waitForArrival(find(agency), ref),
    notice: (agency, notice, about) => waitForNotice(find(agency), notice, about),
    async acknowledge(agency, ref, status, officer) {
      const { node } = find(agency);
      const sent = await node.acknowledge(ref, status, officer);
      const { status: outcome } = await node.waitForDecision(sent.ref, ANSWER_MS);
      expectTold(outcome === "permitted", `${agency}'s acknowledgement is ${outcome}`);
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

async function waitForNotice({ node, changes }: Member, notice: string, about: MessageRef): Promise<Notice> {
  const all = () => node.archive.listNotices().map((one) => one.notice);
  return untilFound(changes, () => all().find((one) => one.notice === notice && one.about.id === about.id));
}

async function untilFound<T>(changes: EventEmitter, find: () => T | undefined): Promise<T> {
  const signal = AbortSignal.timeout(ANSWER_MS);
  let found = find();
  while (found === undefined) {
    await once(changes, "changed", { signal });
    found = find();
  }
  return found;
}

async function waitForArrival({ node, changes }: Member, ref: MessageRef): Promise<ReceivedMessage> {
  const received = () => node.archive.listReceived();
  const found = await untilFound(changes, () => received().find((one) => one.ref.id === ref.id));
  expectTold(found.status === "accepted", `${node.agency} cannot rely on it: ${found.problem?.code}`);
  return found;
}

export function toAgencies(...ids: string[]): AgencyId[] {
  return ids.map((id) => AgencyId.parse(id));
}
