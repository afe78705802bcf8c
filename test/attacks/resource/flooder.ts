import { readFile } from "node:fs/promises";
import { setPriority } from "node:os";
import { sendMessage } from "@leix/broker";
import { LeixError } from "@leix/protocol";
import { connectAs, loadNetwork } from "@leix/runtime";

/** What a flooding member is told, in JSON, as the program's only argument. */
export interface FloodOrder {
  readonly dir: string;
  readonly natsUrl: string;
  readonly party: string;
  /** Inputs, one a line; they are sent in turn, again and again. */
  readonly file: string;
  /** Requests under way at once. */
  readonly abreast: number;
}

/**
 * A member at full speed: whatever the broker refuses because its backlog is full is sent again at once. Says
 * `full` when that happens for the first time, and in the end how much was taken and refused.
 */
// It has a machine of its own: what it costs itself is not to slow down whom it attacks.
setPriority(19);
const order: FloodOrder = JSON.parse(process.argv[2] ?? "{}");
const inputs = (await readFile(order.file, "utf8"))
  .trimEnd()
  .split("\n")
  .map((line) => Buffer.from(line));
const nc = await connectAs(order.dir, await loadNetwork(order.dir), order.party, { natsUrl: order.natsUrl });
const stopping = new AbortController();
process.once("SIGTERM", () => stopping.abort());
let [taken, refused] = [0, 0];

async function flood(): Promise<void> {
  while (!stopping.signal.aborted) {
    const input = inputs[taken % inputs.length];
    if (!input) throw new Error("nothing to send");
    try {
      taken++;
      await sendMessage(nc, input);
    } catch (error) {
      if (!(error instanceof LeixError) || error.code !== "broker/backlog-full") throw error;
      taken--;
      if (refused++ === 0) process.stdout.write(`full: ${error.code}\n`);
    }
  }
}

await Promise.all(Array.from({ length: order.abreast }, flood));
await nc.close();
process.stdout.write(`taken ${taken}, refused ${refused}\n`);
