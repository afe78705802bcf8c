import { setTimeout as pause } from "node:timers/promises";
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
const LOOK_MS = 25;

/** The agencies of the story, each with its own node, keys and store. */
export interface Cast extends AsyncDisposable {
  node(agency: string): AgencyNode;
  /** Sends and waits for the decision or the rejection. */
  send(agency: string, draft: Draft): Promise<SentMessage>;
  /** Waits until a message has reached an agency and been verified there. */
  receive(agency: string, ref: MessageRef): Promise<ReceivedMessage>;
}

/** Starts a node for each agency of the network. `await using` ends them. */
export async function openCast(
  dir: string,
  network: NetworkFile,
  agencies: readonly string[],
): Promise<Cast> {
  await using opened = new AsyncDisposableStack();
  const ending = new AbortController();
  const nodes = new Map<string, AgencyNode>();
  const running: Promise<void>[] = [];
  for (const agency of agencies) {
    const node = opened.use(
      await createNode({ folder: toPartyFolder(dir, network, agency), connectWaitMs: ANSWER_MS }),
    );
    nodes.set(agency, node);
    running.push(node.run(ending.signal));
  }
  opened.defer(async () => {
    ending.abort();
    await Promise.allSettled(running);
  });
  const kept = opened.move();
  const findNode = (agency: string) => {
    const node = nodes.get(agency);
    expectTold(node, `${agency} is not in this story`);
    return node;
  };
  return {
    node: findNode,
    async send(agency, draft) {
      const { ref } = await findNode(agency).send(draft);
      return findNode(agency).waitForDecision(ref, ANSWER_MS);
    },
    receive: (agency, ref) => waitForArrival(findNode(agency), ref),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

async function waitForArrival(node: AgencyNode, ref: MessageRef): Promise<ReceivedMessage> {
  const found = await waitFor(() => node.archive.listReceived().find((one) => one.ref.id === ref.id));
  expectTold(
    found?.status === "accepted",
    `${node.agency} could not rely on the message: ${found?.problem?.code}`,
  );
  return found;
}

/** Looks until there is something, or half a minute has gone by. */
export async function waitFor<T>(look: () => T | Promise<T>): Promise<Awaited<T> | undefined> {
  const deadline = performance.now() + ANSWER_MS;
  while (performance.now() < deadline) {
    const found = await look();
    if (found) return found;
    await pause(LOOK_MS);
  }
  return undefined;
}

export function toAgencies(...ids: string[]): AgencyId[] {
  return ids.map((id) => AgencyId.parse(id));
}
