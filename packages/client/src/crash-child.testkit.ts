import { readFileSync, writeSync } from "node:fs";
import { LeixError } from "@leix/protocol";
import { createNode } from "./node.ts";
import { createRequest } from "./party.testkit.ts";
import type { InboxDelivery, Post } from "./ports.ts";

/** Where a node's process is stopped dead, to be killed. */
export type HaltPoint =
  | "before the message is stored"
  | "before the exchange has it"
  | "before it is noted that the exchange has it"
  | "before the delivery is stored"
  | "before the broker is told"
  | "while it is judged"
  | "before it is acknowledged"
  | "before the acknowledgement is sent";

export interface ChildOrder {
  readonly folder: string;
  readonly nowMs: number;
  readonly haltAt: HaltPoint;
  /** Base64 of what the inbox has; none where a message is to be sent. */
  readonly deliveries: readonly { kind: string; sender: string; id: string; payload: string }[];
}

/** Tells the parent on standard output, then never runs another instruction. */
function halt(...lines: readonly string[]): never {
  writeSync(1, `${lines.join("\n")}\nhalted\n`);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  throw new Error("woken");
}

/** A node whose exchange is its parent: what it sends is printed, what it receives is in the order. */
async function runChild({ folder, nowMs, haltAt, deliveries }: ChildOrder): Promise<void> {
  const post: Post = {
    async send(envelope) {
      if (haltAt === "before the exchange has it" || haltAt === "before the acknowledgement is sent") halt();
      halt(`sent ${Buffer.from(envelope).toString("base64")}`);
    },
    async *receive() {
      if (haltAt === "before the delivery is stored") halt();
      yield deliveries.map(({ payload, ...rest }): InboxDelivery => {
        const acknowledge = () => {
          if (haltAt === "before the broker is told") halt();
        };
        return { ...rest, payload: Buffer.from(payload, "base64"), acknowledge };
      });
      await new Promise<never>(() => undefined);
    },
    askLog: () => Promise.reject(new LeixError("broker/no-answer")),
    async listRules() {
      // At its own start it is up to date; asked again, it is in the middle of judging.
      if (haltAt === "while it is judged" && ++asked > 1) halt();
      return [];
    },
  };
  let asked = 0;
  let isFirst = true;
  const node = await createNode({
    folder,
    post,
    clock: () => nowMs,
    randomBytes(count) {
      const haltsHere = ["before the message is stored", "before it is acknowledged"];
      if (haltsHere.includes(haltAt) && isFirst) halt();
      isFirst = false;
      return crypto.getRandomValues(new Uint8Array(count));
    },
  });
  if (deliveries.length === 0) await node.send(createRequest(["RS-FIU"]));
  else await node.run(new AbortController().signal);
}

await runChild(JSON.parse(readFileSync(0, "utf8")) as ChildOrder);
