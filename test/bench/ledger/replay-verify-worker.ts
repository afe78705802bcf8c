import { parentPort } from "node:worker_threads";
import { createNativePrimitives } from "@leix/cli/native-primitives";
import { type KeyId, type ParsedJws, type RegisteredKey, verifyJws } from "@leix/protocol";

// The floor of a replay: nothing but the same signatures, by the same primitive, in as many threads.

const { verify } = createNativePrimitives();

parentPort?.on("message", async ({ tokens, keys }: VerifyJob) => {
  const byKid = new Map<KeyId, RegisteredKey>(keys.map((key) => [key.kid, key]));
  const beganMs = performance.now();
  for (const jws of tokens) await verifyOne(jws, byKid);
  parentPort?.postMessage(performance.now() - beganMs);
});

export interface VerifyJob {
  readonly tokens: readonly ParsedJws[];
  readonly keys: readonly RegisteredKey[];
}

async function verifyOne(jws: ParsedJws, keys: ReadonlyMap<KeyId, RegisteredKey>): Promise<void> {
  const key = keys.get(jws.header.kid);
  if (!key) throw new Error("every key of a history is known");
  await verifyJws(jws, key, verify);
}
