import { commitBatch, publishOnce, watchConnection } from "@leix/broker";
import { LeixError, toInboxSubject, toQuarantineSubject } from "@leix/protocol";
import type { NatsConnection } from "@nats-io/transport-node";
import type { Inboxes, Quarantine } from "./ports.ts";

/** INBOX as the port. */
export function createNatsInboxes(nc: NatsConnection): Inboxes {
  const watch = watchConnection(nc);
  return {
    async deliver(deliveries) {
      const messages = deliveries.map(({ recipient, kind, sender, id, payload }) => ({
        subject: toInboxSubject(recipient, kind, sender, id),
        data: payload,
      }));
      await commitBatch(nc, messages, { signal: watch.current() });
    },
  };
}

/** QUARANTINE as the port. */
export function createNatsQuarantine(nc: NatsConnection): Quarantine {
  return {
    async keep(account, digest, bytes) {
      try {
        await publishOnce(nc, { subject: toQuarantineSubject(account, digest), data: bytes });
        return true;
      } catch (error) {
        if (error instanceof LeixError && error.code === "broker/subject-used") return false;
        throw error;
      }
    },
  };
}
