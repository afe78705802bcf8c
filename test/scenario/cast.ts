import { EventEmitter, once } from "node:events";
import {
  type AgencyNode,
  createNode,
  type Draft,
  type ReceivedMessage,
  type SentMessage,
} from "@leix/client";
import { AgencyId, type MessageRef } from "@leix/protocol";
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
    running.push(node.run(ending.signal).catch((failure: unknown) => failure));
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
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

async function waitForArrival(member: Member, ref: MessageRef): Promise<ReceivedMessage> {
  const { node, changes } = member;
  const find = () => node.archive.listReceived().find((one) => one.ref.id === ref.id);
  const signal = AbortSignal.timeout(ANSWER_MS);
  let found = find();
  while (!found) {
    await once(changes, "changed", { signal });
    found = find();
  }
  expectTold(found.status === "accepted", `${node.agency} cannot rely on it: ${found.problem?.code}`);
  return found;
}

export function toAgencies(...ids: string[]): AgencyId[] {
  return ids.map((id) => AgencyId.parse(id));
}
