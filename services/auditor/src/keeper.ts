import type { AuditorEvents } from "./events.ts";
import type { Memory, Seen } from "./ports.ts";

/**
 * Keeps the newest of what was seen, one write after another: what comes during a write waits for the next.
 */
export interface Keeper {
  note(seen: Seen): void;
  /** Settles when everything noted is kept, or could not be. */
  settled(): Promise<void>;
}

export function createKeeper(memory: Memory, events: Pick<AuditorEvents, "forgetful">): Keeper {
  let newest: Seen | undefined;
  let writing: Promise<void> | undefined;
  async function write(): Promise<void> {
    while (newest) {
      const seen = newest;
      newest = undefined;
      try {
        await memory.save(seen);
      } catch (error) {
        events.forgetful(error);
      }
    }
    writing = undefined;
  }
  return {
    note(seen) {
      newest = seen;
      writing ??= write();
    },
    async settled() {
      await writing;
    },
  };
}
