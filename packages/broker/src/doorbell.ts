/** One waits, others ring. A ring that comes while nobody waits is kept; several are one. */
export class Doorbell {
  #rung = false;
  #answer: (() => void) | undefined;

  readonly ring = (): void => {
    this.#rung = true;
    this.#answer?.();
  };

  /** True when it rang, false when the signal was aborted or the time was up first. */
  async wait(options: { readonly signal?: AbortSignal; readonly timeoutMs?: number }): Promise<boolean> {
    const { signal, timeoutMs } = options;
    if (!this.#rung && !signal?.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = timeoutMs === undefined ? undefined : setTimeout(resolve, timeoutMs);
      const onAbort = (): void => resolve();
      signal?.addEventListener("abort", onAbort);
      this.#answer = resolve;
      await promise;
      this.#answer = undefined;
      signal?.removeEventListener("abort", onAbort);
      clearTimeout(timer);
    }
    const rung = this.#rung;
    this.#rung = false;
    return rung;
  }
}
