import type { NatsConnection } from "@nats-io/transport-node";

/** The prefix under which this connection's user may receive; `connectBroker` sets it. */
export function toInboxPrefix(nc: NatsConnection): string {
  const { options } = nc as NatsConnection & { readonly options?: { readonly inboxPrefix?: string } };
  return options?.inboxPrefix ?? "_INBOX";
}
