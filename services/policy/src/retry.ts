import { setTimeout as pause } from "node:timers/promises";
import { LeixError } from "@leix/protocol";

const PAUSE_MS = 250;

/**
 * Repeats what the broker did not acknowledge until it does. Only for what may be done twice: reading, and
 * writes that the broker itself refuses the second time. Throws when aborted.
 */
export async function retryUnacknowledged<T>(attempt: () => Promise<T>, signal: AbortSignal): Promise<T> {
  while (true) {
    signal.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof LeixError) || !RETRIED.includes(error.code)) throw error;
    }
    await pause(PAUSE_MS, undefined, { signal });
  }
}

const RETRIED: readonly string[] = ["broker/not-acknowledged", "broker/no-answer"];
