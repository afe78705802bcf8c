import type { Msg } from "@nats-io/transport-node";

/** One delivery of one message of a workqueue stream. */
export interface Delivery {
  readonly subject: string;
  readonly data: Uint8Array;
  /** Its place in the stream: the same at every delivery of the same message. */
  readonly sequence: number;
  /** When the stream stored it, in milliseconds since 1970. */
  readonly storedMs: number;
  /** 1 at the first delivery. */
  readonly deliveries: number;
  /**
   * Tells the broker to forget the message. Not confirmed: where it is lost the message is delivered again,
   * so whoever handles it must be able to meet it twice.
   */
  ack(): void;
  /** Gives it back unhandled: it is delivered again at once. */
  release(): void;
  /**
   * Sets it aside unhandled: what comes after it is delivered meanwhile, and it is not delivered again as
   * long as the broker hears this within POSTPONED_MS_MAX of the last time.
   */
  postpone(): void;
}

/** Less than half of the time in which OUT waits for an acknowledgement: one word may be lost. */
export const POSTPONED_MS_MAX = 10_000;

export interface DeliveryInfo {
  readonly stream: string;
  readonly consumer: string;
  readonly deliveries: number;
  readonly sequence: number;
  readonly storedMs: number;
}

/**
 * Reads what the server says of a delivery in its reply subject, first form (ADR-15):
 * `$JS.ACK.<stream>.<consumer>.<deliveries>.<stream sequence>.<consumer sequence>.<nanoseconds>.<pending>`.
 * Null for anything else: the second form is switched off, and the exports would not let it through.
 */
export function parseAckSubject(subject: string | undefined): DeliveryInfo | null {
  const tokens = subject?.split(".") ?? [];
  const [js, ack, stream, consumer, deliveries, sequence, , nanoseconds] = tokens;
  if (tokens.length !== 9 || js !== "$JS" || ack !== "ACK") return null;
  if (stream === undefined || consumer === undefined || nanoseconds === undefined) return null;
  if (![deliveries, sequence, nanoseconds].every((token) => /^\d+$/.test(token ?? ""))) return null;
  // Nanoseconds since 1970 are beyond what a number holds.
  const storedMs = Number(BigInt(nanoseconds) / 1_000_000n);
  return { stream, consumer, deliveries: Number(deliveries), sequence: Number(sequence), storedMs };
}

/**
 * `onDone` is called once, at the first ack or release, `onPostponed` before that. Null when the message is
 * no delivery.
 */
export function toDelivery(
  message: Msg,
  onDone: (delivery: Delivery, acked: boolean) => void,
  onPostponed: (delivery: Delivery) => void = () => undefined,
): Delivery | null {
  const info = parseAckSubject(message.reply);
  if (info === null) return null;
  const { sequence, storedMs, deliveries } = info;
  let done = false;
  const finish = (word: "+ACK" | "-NAK"): void => {
    if (done) return;
    done = true;
    message.respond(word);
    onDone(delivery, word === "+ACK");
  };
  const delivery: Delivery = {
    subject: message.subject,
    data: message.data,
    sequence,
    storedMs,
    deliveries,
    ack: () => finish("+ACK"),
    release: () => finish("-NAK"),
    postpone() {
      if (done) return;
      message.respond("+WPI");
      onPostponed(delivery);
    },
  };
  return delivery;
}
