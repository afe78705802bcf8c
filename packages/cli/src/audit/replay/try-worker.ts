import { parentPort } from "node:worker_threads";
import { invariant, type KeyId, type RegisteredKey } from "@leix/protocol";
import { packHashes, tryBatch } from "./try-batch.ts";
import type { TryAnswer, TryJob } from "./try-pool.ts";

// A thread of `createTryPool`. What fails here ends it, and with it the replay.

const port = parentPort;
invariant(port, "this is the program of a worker thread");
const keys = new Map<KeyId, RegisteredKey>();

port.on("message", async ({ id, bytes, ends, newKeys }: TryJob) => {
  for (const key of newKeys) keys.set(key.kid, key);
  const records = [...ends].map((end, at) => bytes.subarray(ends[at - 1] ?? 0, end));
  const { batch, leaves } = await tryBatch(records, keys);
  const packed = packHashes(leaves);
  const { disclosed, ...rest } = batch;
  // Text is copied faster between threads than what it says.
  const answer: TryAnswer = {
    ...{ id, batch: JSON.stringify(rest), disclosed, leaves: packed },
    buffer: bytes.buffer,
  };
  port.postMessage(answer, [packed.buffer, bytes.buffer]);
});
