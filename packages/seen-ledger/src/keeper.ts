import type { Memory, Seen } from "./seen.ts";

/**
 * Keeps the newest of what was seen, one write after another: what comes during a write waits for the next.
 * Nobody waits for it.
 */
export interface Keeper {
  note(seen: Seen): void;
  /** Settles when everything noted is kept, or could not be. */
  settled(): Promise<void>;
}

/**
 * `remembered` is kept already. `onFailure` is told of each write that failed; the next note of more tries
 * again.
 */
export function createKeeper(
  memory: Memory,
  remembered: Seen | undefined,
  onFailure: (error: unknown) => void,
): Keeper {
  let noted = remembered;
  let newest: Seen | undefined;
  let writing: Promise<void> | undefined;
  async function write(): Promise<void> {
    while (newest) {
      const seen = newest;
      newest = undefined;
      try {
        await memory.save(seen);
      } catch (error) {
        onFailure(error);
      }
    }
    writing = undefined;
  }
  return {
    note(seen) {
      if (noted && !isMore(seen, noted)) return;
      noted = seen;
      newest = seen;
      writing ??= write();
    },
    async settled() {
      await writing;
    },
  };
}

function isMore(seen: Seen, noted: Seen): boolean {
  return seen.records > noted.records || (seen.checkpoint?.size ?? -1) > (noted.checkpoint?.size ?? -1);
}
