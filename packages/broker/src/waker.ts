import type { NatsConnection } from "@nats-io/transport-node";

/** Waits for something to happen, without ever taking what happened for data. */
export interface Waker {
  /** True when a hint came (also one from before the call), false when the time was up. */
  wait(timeoutMs: number): Promise<boolean>;
  /** A hint from elsewhere. */
  wake(): void;
  close(): void;
}

/** Takes every message of a subject for a hint: its content is never looked at. */
export function openWaker(nc: NatsConnection, subject: string): Waker {
  let hinted = false;
  let notify: (() => void) | undefined;
  const wake = (): void => {
    hinted = true;
    notify?.();
  };
  const subscription = nc.subscribe(subject, { callback: wake });
  return {
    wake,
    async wait(timeoutMs) {
      if (!hinted) {
        const { promise, resolve } = Promise.withResolvers<void>();
        notify = resolve;
        const timer = setTimeout(resolve, timeoutMs);
        await promise;
        clearTimeout(timer);
        notify = undefined;
      }
      const woken = hinted;
      hinted = false;
      return woken;
    },
    close() {
      if (!nc.isClosed()) subscription.unsubscribe();
    },
  };
}
