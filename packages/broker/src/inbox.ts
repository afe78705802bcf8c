import { AccountId, type InboxKind, type LeixError, STREAMS } from "@leix/protocol";
import type { NatsConnection } from "@nats-io/transport-node";
import { watchConnection } from "./connection-watch.ts";
import type { Delivery } from "./delivery.ts";
import { DeliveryLane } from "./delivery-lane.ts";
import { Doorbell } from "./doorbell.ts";
import { toInboxPrefix } from "./inbox-prefix.ts";

const INBOX_HELD = { messagesMax: 128, bytesMax: 32 * 1_048_576 };

/** A party's inbox. For one reader. `await using` gives back what was not taken. */
export interface Inbox extends AsyncDisposable {
  /**
   * The next message, in the order of the inbox but for redeliveries; undefined when the signal is aborted or
   * the inbox is closed. `ack` it when it is stored: that removes the broker's copy. Throws broker/refused
   * when the user has no right to pull.
   */
  next(signal: AbortSignal): Promise<Delivery | undefined>;
  /** Resolves when the broker has been told of what was not taken. */
  close(): Promise<void>;
}

/** Opens the party's own inbox; a broker that is away, or an inbox that is not made yet, is waited for. */
export function openInbox(nc: NatsConnection, account: AccountId): Inbox {
  let failure: LeixError | undefined;
  let closed = false;
  const bell = new Doorbell();
  const lane = new DeliveryLane(nc, {
    stream: STREAMS.inbox,
    consumer: account,
    inboxPrefix: toInboxPrefix(nc),
    limits: () => INBOX_HELD,
    onArrival: bell.ring,
    onFailure: (error) => {
      failure = error;
      bell.ring();
    },
  });
  const watch = watchConnection(nc, () => (nc.isClosed() ? void close() : lane.reset()));
  const close = async (): Promise<void> => {
    closed = true;
    watch.close();
    bell.ring();
    await lane.close();
  };
  return {
    async next(signal) {
      while (!signal.aborted && !closed) {
        if (failure !== undefined) throw failure;
        const delivery = lane.take();
        if (delivery !== undefined) return delivery;
        await bell.wait({ signal });
      }
      return undefined;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** What an inbox subject says: `leix.in.<recipient>.<kind>.<sender>.<id or digest>`. */
export interface InboxSubject {
  readonly recipient: AccountId;
  readonly kind: InboxKind;
  readonly sender: AccountId;
  readonly id: string;
}

const KINDS: readonly InboxKind[] = ["copy", "decision", "rejection", "notice"];

/** Null when it is no subject of an inbox. */
export function parseInboxSubject(subject: string): InboxSubject | null {
  const [leix, place, recipient, kind, sender, id, ...rest] = subject.split(".");
  if (leix !== "leix" || place !== "in" || rest.length > 0 || !id) return null;
  const known = KINDS.find((one) => one === kind);
  const parties = [AccountId.safeParse(recipient), AccountId.safeParse(sender)] as const;
  if (known === undefined || !parties[0].success || !parties[1].success) return null;
  return { recipient: parties[0].data, kind: known, sender: parties[1].data, id };
}
