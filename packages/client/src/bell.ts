/** Wakes who waits. A ring that nobody waits for is kept for the next one to wait. */
export interface Bell {
  ring(): void;
  /** True at a ring, false when the time is over or the signal is aborted. */
  wait(timeoutMs: number, signal?: AbortSignal): Promise<boolean>;
}

export function createBell(): Bell {
  let isRung = false;
  const waiting = new Set<(isRung: boolean) => void>();
  return {
    ring() {
      isRung = waiting.size === 0;
      for (const wake of waiting) wake(true);
    },
    async wait(timeoutMs, signal) {
      if (isRung || signal?.aborted) {
        const answer = isRung;
        isRung = false;
        return answer;
      }
      const { promise, resolve } = Promise.withResolvers<boolean>();
      const giveUp = () => resolve(false);
      const timer = setTimeout(giveUp, timeoutMs);
      signal?.addEventListener("abort", giveUp, { once: true });
      waiting.add(resolve);
      const answer = await promise;
      waiting.delete(resolve);
      signal?.removeEventListener("abort", giveUp);
      clearTimeout(timer);
      return answer;
    },
  };
}
