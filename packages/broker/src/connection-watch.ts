import { LeixError } from "@leix/protocol";
import type { NatsConnection } from "@nats-io/transport-node";

/**
 * Knows when a connection was made anew. What was asked before that will never be answered: the client drops
 * what it has not sent, the server what it has not answered. So nobody needs to wait for a timeout.
 */
export interface ConnectionWatch {
  /** Aborted when the client has connected again, or is closed. Another one after that. */
  current(): AbortSignal;
  close(): void;
}

/** `onChange` is called after each of these changes. */
export function watchConnection(nc: NatsConnection, onChange?: () => void): ConnectionWatch {
  let controller = new AbortController();
  let closed = false;
  const renew = (): void => {
    const previous = controller;
    controller = new AbortController();
    previous.abort();
    onChange?.();
  };
  void (async () => {
    for await (const status of nc.status()) {
      if (closed) return;
      if (status.type === "reconnect") renew();
    }
    controller.abort();
    onChange?.();
  })();
  return {
    current: () => controller.signal,
    close: () => {
      closed = true;
    },
  };
}

/**
 * The work's outcome, or broker/no-answer as soon as the signal is aborted; then nobody looks at the work.
 */
export async function untilCutOff<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(new LeixError("broker/no-answer", "the connection was lost meanwhile"));
  signal.addEventListener("abort", onAbort);
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
