import { commitBatch, publishOnce, watchConnection } from "@leix/broker";
import { encodeEnvelope, LeixError, toInboxSubject, toOutSubject, toQuarantineSubject } from "@leix/protocol";
import type { NatsConnection } from "@nats-io/transport-node";
import type { Inboxes, Quarantine, Ticks } from "./ports.ts";

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

/** OUT as the port. */
export function createNatsTicks(nc: NatsConnection): Ticks {
  return {
    async publish(clock, seconds) {
      await publishOnce(nc, { subject: toOutSubject(clock), data: encodeEnvelope({ tick: seconds }) });
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
