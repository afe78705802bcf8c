import { parentPort } from "node:worker_threads";
import { type KeyId, type ParsedJws, type RegisteredKey, verifyJws } from "@leix/protocol";

// The floor of a replay: nothing but the same signatures, in as many threads.

const AHEAD = 256;

parentPort?.on("message", async ({ tokens, keys }: VerifyJob) => {
  const byKid = new Map<KeyId, RegisteredKey>(keys.map((key) => [key.kid, key]));
  const beganMs = performance.now();
  for (let at = 0; at < tokens.length; at += AHEAD) {
    await Promise.all(tokens.slice(at, at + AHEAD).map((jws) => verify(jws, byKid)));
  }
  parentPort?.postMessage(performance.now() - beganMs);
});

export interface VerifyJob {
  readonly tokens: readonly ParsedJws[];
  readonly keys: readonly RegisteredKey[];
}

async function verify(jws: ParsedJws, keys: ReadonlyMap<KeyId, RegisteredKey>): Promise<void> {
  const key = keys.get(jws.header.kid);
  if (!key) throw new Error("every key of a history is known");
  await verifyJws(jws, key);
}
