import {
  AccountId,
  type InboxKind,
  LeixError,
  limits,
  RULES_SUBJECT,
  SEND_SUBJECT,
  STREAMS,
} from "@leix/protocol";
import type { NatsConnection } from "@nats-io/transport-node";
import { isSubjectFull, parsePublishAnswer, toPublishError, toRequestError } from "./broker-error.ts";
import { watchConnection } from "./connection-watch.ts";
import type { Delivery } from "./delivery.ts";
import { DeliveryLane } from "./delivery-lane.ts";
import { toInboxPrefix } from "./inbox-prefix.ts";

const SEND_TIMEOUT_MS = 5_000;
const RULES_TIMEOUT_MS = 5_000;
const INBOX_HELD = { messagesMax: 128, bytesMax: 32 * 1_048_576 };

/**
 * Hands one message to the broker, from a party's connection. On return it is on disk: received, not yet accepted.
 *
 * input/too-large: nothing was sent. broker/backlog-full: the account has as many waiting as it may; later.
 * broker/not-acknowledged: perhaps stored; send the same bytes again, they are recorded once.
 * broker/refused: the account may not send, or the stream is full; the detail has the server's word.
 */
export async function sendMessage(
  nc: NatsConnection,
  data: Uint8Array,
): Promise<{ readonly sequence: number }> {
  if (data.length > limits.MESSAGE_BYTES_MAX) {
    throw new LeixError("input/too-large", `${data.length} bytes, ${limits.MESSAGE_BYTES_MAX} at most`);
  }
  let text: string;
  try {
    text = (await nc.request(SEND_SUBJECT, data, { timeout: SEND_TIMEOUT_MS })).string();
  } catch (cause) {
    throw toPublishError(SEND_SUBJECT, cause);
  }
  const answer = parsePublishAnswer(SEND_SUBJECT, text);
  if (answer.kind === "stored") return { sequence: answer.sequence };
  if (isSubjectFull(answer.refusal)) throw new LeixError("broker/backlog-full");
  throw new LeixError("broker/refused", `${answer.refusal.err_code} ${answer.refusal.description}`);
}

/** Asks the registry. Throws broker/no-answer when nobody answers in time; asking again is harmless. */
export async function requestRules(nc: NatsConnection, question: Uint8Array): Promise<Uint8Array> {
  try {
    return (await nc.request(RULES_SUBJECT, question, { timeout: RULES_TIMEOUT_MS })).data;
  } catch (cause) {
    throw toRequestError(RULES_SUBJECT, cause);
  }
}

/** A party's inbox. `await using` gives back what was not taken. */
export interface Inbox extends AsyncDisposable {
  /**
   * The next message, in the order of the inbox but for redeliveries; undefined when the signal is aborted or the
   * inbox is closed. `ack` it when it is stored: that removes the broker's copy.
   * Throws broker/refused when the user has no right to pull.
   */
  next(signal: AbortSignal): Promise<Delivery | undefined>;
  close(): void;
}

/** Opens the party's own inbox; a broker that is away, or an inbox that is not made yet, is waited for. */
export function openInbox(nc: NatsConnection, account: AccountId): Inbox {
  let failure: LeixError | undefined;
  let closed = false;
  let arrived: (() => void) | undefined;
  const lane = new DeliveryLane(nc, {
    stream: STREAMS.inbox,
    consumer: account,
    inboxPrefix: toInboxPrefix(nc),
    limits: () => INBOX_HELD,
    onArrival: () => arrived?.(),
    onFailure: (error) => {
      failure = error;
      arrived?.();
    },
  });
  const watch = watchConnection(nc, () => (nc.isClosed() ? close() : lane.reset()));
  const close = (): void => {
    closed = true;
    watch.close();
    lane.close();
    arrived?.();
  };
  return {
    async next(signal) {
      while (!signal.aborted && !closed) {
        if (failure !== undefined) throw failure;
        const delivery = lane.take();
        if (delivery !== undefined) return delivery;
        const { promise, resolve } = Promise.withResolvers<void>();
        arrived = resolve;
        signal.addEventListener("abort", () => resolve(), { once: true });
        await promise;
        arrived = undefined;
      }
      return undefined;
    },
    close,
    async [Symbol.asyncDispose]() {
      close();
      if (!nc.isClosed()) await nc.flush();
    },
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
