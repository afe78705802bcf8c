import type { Draft } from "@leix/client";
import { encodeUtf8, type MessageRef, type OverdueDuty, toDigest, toLapse } from "@leix/protocol";
import { createRequest, type ExchangeNode, type TestExchange, waitUntil } from "@leix/testkit";

/** Agencies of the sample network that run as nodes here; AL-SPOC is left for a bare wire. */
export const NODES = ["AL-CUSTOMS", "RS-SPOC", "RS-FIU", "ME-SPOC", "MK-SPOC"] as const;

/** What was in hands that died comes back after half a minute. */
export const RECOVERY_MS = 180_000;

const AHEAD_MAX = 8;

/** Five inputs of five accounts, one of each outcome; all of them are PubAcked and none is decided. */
export interface MixedLoad {
  /** By what the ledger knows them: the signing input of messages, the bytes of what is rejected. */
  readonly digests: readonly string[];
  readonly permitted: readonly MessageRef[];
  readonly denied: MessageRef;
  readonly partly: MessageRef;
}

export async function sendMixed(exchange: TestExchange, name: string): Promise<MixedLoad> {
  const send = (agency: string, draft: Draft) => sendReceived(exchange.node(agency), draft);
  const garbage = encodeUtf8(`not JSON: ${name}`);
  const wire = await exchange.wire("AL-SPOC");
  await wire.publish(garbage);
  const one = await send("AL-CUSTOMS", createRequest(["RS-FIU", "ME-SPOC"], name));
  const other = await send("MK-SPOC", createRequest(["RS-SPOC", "AL-SPOC"], name));
  const partly = await send(
    "RS-FIU",
    createRequest(["AL-CUSTOMS", "MK-SPOC"], name, { classification: "confidential" }),
  );
  const denied = await send("ME-SPOC", createRequest(["RS-SPOC"], name, { purpose: "prosecution" }));
  return {
    digests: [toDigest(garbage), ...[one, other, partly, denied].map(({ digest }) => digest)],
    permitted: [one, other],
    partly,
    denied,
  };
}

/** Every node to all the others: more than one batch of deliveries can hold. */
export async function sendLarge(exchange: TestExchange): Promise<readonly string[]> {
  const text = "€".repeat(200_000);
  const refs = await Promise.all(
    NODES.map((agency) => {
      const others = ["AL-SPOC", ...NODES].filter((one) => one !== agency);
      return sendReceived(exchange.node(agency), createRequest(others, text));
    }),
  );
  return refs.map(({ digest }) => digest);
}

/** Sends while nobody decides: what comes back is that the broker has it. */
async function sendReceived({ node, agency }: ExchangeNode, draft: Draft): Promise<MessageRef> {
  const { ref, status } = await node.send(draft);
  if (status !== "received") throw new Error(`${agency}: not acknowledged by the broker`);
  return ref;
}

/** How many of the inputs are in the ledger. */
export async function countRecorded(exchange: TestExchange, digests: readonly string[]): Promise<number> {
  const recorded = (await exchange.records()).map(({ decision }): string => decision.content.input.digest);
  return digests.filter((digest) => recorded.includes(digest)).length;
}

/** The duties that the ledger has as overdue, in its order. */
export async function listOverdue(exchange: TestExchange): Promise<OverdueDuty[]> {
  const events = (await exchange.records()).filter(({ kind }) => kind === "event");
  return events.flatMap(({ decision }) => [...toLapse(decision).overdue]);
}

/**
 * Every node sends to two others, one message after another, whatever happens meanwhile, until it is stopped.
 */
export interface Load {
  /** Waits until the ledger has so many more records: there is work in every hand. */
  untilRecorded(count: number): Promise<void>;
  /** Waits until all that was sent is decided; gives back how much that was. */
  stop(): Promise<number>;
}

export function startLoad(exchange: TestExchange): Load {
  const refs: MessageRef[] = [];
  let isOver = false;
  const senders = NODES.map(async (agency, place) => {
    const others = NODES.filter((one) => one !== agency);
    const node = exchange.node(agency);
    const own: MessageRef[] = [];
    for (let i = 0; !isOver; i++) {
      const to = [0, 1].map((step) => others[(place + i + step) % others.length] ?? "");
      // Every third goes to one of two only: who is not a single point of contact is not cleared for it.
      const changes = i % 3 === 2 ? { classification: "confidential" } : {};
      const { ref } = await node.node.send(createRequest(to, `${agency} ${i}`, changes));
      refs.push(ref);
      own.push(ref);
      // Never far ahead of what is decided: this is about faults, not about how much it can take.
      const earlier = own.at(-AHEAD_MAX);
      if (earlier) await node.node.waitForDecision(earlier, RECOVERY_MS);
    }
  });
  const sending = Promise.all(senders);
  sending.catch(() => undefined);
  return {
    async untilRecorded(count) {
      const before = await exchange.countMessages("ledger");
      const look = async () => (await exchange.countMessages("ledger")) >= before + count;
      await Promise.race([waitUntil(`${count} more records`, look, RECOVERY_MS), sending]);
    },
    async stop() {
      isOver = true;
      await sending;
      for (const ref of refs) await exchange.node(ref.iss).node.waitForDecision(ref, RECOVERY_MS);
      return refs.length;
    },
  };
}
