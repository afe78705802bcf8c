import {
  type AgencyNode,
  createNode,
  type Draft,
  type NodeEvent,
  type ReceivedMessage,
  type SentMessage,
} from "@leix/client";
import { invariant, type MessageRef } from "@leix/protocol";
import { PATIENCE_MS, waitUntil } from "./wait-until.ts";

/** An agency's node in this process, receiving and acknowledging until it is stopped. */
export interface ExchangeNode extends AsyncDisposable {
  readonly agency: string;
  readonly node: AgencyNode;
  /** Everything it has told, oldest first. */
  readonly events: readonly NodeEvent[];
  /** Sends, and waits for the decision or the rejection. */
  send(draft: Draft): Promise<SentMessage>;
  untilDecided(ref: MessageRef): Promise<SentMessage>;
  /** Waits until a message is in its store, judged. */
  untilReceived(ref: MessageRef): Promise<ReceivedMessage>;
  /** Waits until a message it sent was acknowledged by so many. */
  untilAcknowledged(ref: MessageRef, count: number): Promise<void>;
  /** The decrypted text of a message it received. */
  readText(ref: MessageRef): Promise<string | undefined>;
  /** Throws what ended it before it was stopped. */
  stop(): Promise<void>;
}

/** On return it is connected and has the membership. */
export async function startExchangeNode(
  agency: string,
  folder: string,
  natsUrl: string,
): Promise<ExchangeNode> {
  const events: NodeEvent[] = [];
  const node = await createNode({
    folder,
    natsUrl,
    connectWaitMs: PATIENCE_MS,
    onEvent: (event) => void events.push(event),
  });
  const stopping = new AbortController();
  const running = node.run(stopping.signal);
  // Awaited when it is stopped, which may be long after it failed.
  running.catch(() => undefined);
  const isUp = () => events.some(({ kind }) => kind === "membership.refreshed");
  await Promise.race([waitUntil(`${agency} to be up`, isUp), running]);
  const find = (ref: MessageRef) =>
    node.archive
      .listReceived({ acknowledgements: true })
      .find((one) => one.ref.id === ref.id && one.ref.iss === ref.iss);
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= (async () => {
      stopping.abort();
      await running.finally(() => node[Symbol.asyncDispose]());
    })();
    return stopped;
  };
  return {
    agency,
    node,
    events,
    async send(draft) {
      const { ref } = await node.send(draft);
      return node.waitForDecision(ref, PATIENCE_MS);
    },
    untilDecided: (ref) => node.waitForDecision(ref, PATIENCE_MS),
    untilReceived: (ref) => waitUntil(`${ref.id} at ${agency}`, () => find(ref)),
    async untilAcknowledged(ref, count) {
      const look = () => node.archive.listAcknowledgements(ref).length >= count;
      await waitUntil(`${count} acknowledgements of ${ref.id}`, look);
    },
    async readText(ref) {
      const received = find(ref);
      invariant(received, `${agency} has ${ref.id}`);
      return (await node.archive.read(received))?.text;
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
