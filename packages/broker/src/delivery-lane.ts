import { type LeixError, limits } from "@leix/protocol";
import type { Msg, NatsConnection } from "@nats-io/transport-node";
import { type Delivery, toDelivery } from "./delivery.ts";
import { PullConsumer } from "./pull-consumer.ts";

/** What a lane may hold: waiting here, asked for, and handed out without an outcome, all together. */
export interface LaneLimits {
  readonly messagesMax: number;
  readonly bytesMax: number;
}

export interface LaneOptions {
  readonly stream: string;
  readonly consumer: string;
  readonly inboxPrefix: string;
  readonly limits: () => LaneLimits;
  /** Something was added to the queue. */
  readonly onArrival: () => void;
  readonly onFailure: (error: LeixError) => void;
}

/** The largest message with its subject and headers: a request with less room could never be answered. */
const ROOM_BYTES_MIN = limits.BROKER_PAYLOAD_BYTES_MAX + 8_192;

/**
 * The deliveries of one consumer, fetched a little ahead of their use.
 *
 * It starts with one message and doubles with every window that is acknowledged: after a crash a message that
 * kills its reader is met with few others in flight, whose delivery counts it would raise with its own.
 */
export class DeliveryLane {
  readonly #nc: NatsConnection;
  readonly #options: LaneOptions;
  readonly #pull: PullConsumer;
  /** By stream sequence: waiting or handed out. A redelivery takes the place of the earlier one. */
  readonly #held = new Map<number, Delivery>();
  /** Of these, what is set aside: it takes no room but its bytes. */
  readonly #postponed = new Set<number>();
  #queue: Delivery[] = [];
  #heldBytes = 0;
  #window = 1;
  #ackedInWindow = 0;
  #closed = false;

  constructor(nc: NatsConnection, options: LaneOptions) {
    this.#nc = nc;
    this.#options = options;
    this.#pull = new PullConsumer(nc, options.inboxPrefix, {
      stream: options.stream,
      consumer: options.consumer,
      onMessage: (message) => this.#receive(message),
      onIdle: () => this.refill(),
      onFailure: options.onFailure,
    });
    this.refill();
  }

  /** The next delivery, without taking it. */
  peek(): Delivery | undefined {
    return this.#queue[0];
  }

  take(): Delivery | undefined {
    return this.#queue.shift();
  }

  /**
   * Asks for as much as there is room for, unless a request is under way; not before half of the window is
   * free, because asking for each message that was done would be a request a message.
   */
  refill(): void {
    if (this.#closed || !this.#pull.isIdle) return;
    const { messagesMax, bytesMax } = this.#options.limits();
    const window = Math.min(this.#window, messagesMax);
    const room = window - (this.#held.size - this.#postponed.size);
    const roomBytes = Math.max(bytesMax, ROOM_BYTES_MIN) - this.#heldBytes;
    if (room * 2 >= window && room > 0 && roomBytes >= ROOM_BYTES_MIN) this.#pull.request(room, roomBytes);
  }

  /** The connection was made anew: what was asked for will not come. */
  reset(): void {
    this.#pull.reset();
  }

  /**
   * Gives back what nobody has taken or what is set aside, so that others need not wait for it.
   * Resolves when the broker knows.
   */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#pull.close();
    // Not before: what is given back while a request is open comes back by it, and is counted once more.
    for (const delivery of this.#queue.splice(0)) delivery.release();
    for (const sequence of [...this.#postponed]) this.#held.get(sequence)?.release();
    if (!this.#nc.isClosed()) await this.#nc.flush().catch(() => undefined);
  }

  #receive(message: Msg): void {
    const delivery = toDelivery(
      message,
      (one, acked) => this.#finish(one, acked),
      (one) => this.#postpone(one),
    );
    if (delivery === null) return;
    this.#drop(delivery.sequence);
    this.#held.set(delivery.sequence, delivery);
    this.#heldBytes += delivery.data.length;
    this.#queue.push(delivery);
    this.#options.onArrival();
  }

  #postpone(delivery: Delivery): void {
    if (this.#held.get(delivery.sequence) !== delivery || this.#postponed.has(delivery.sequence)) return;
    this.#postponed.add(delivery.sequence);
    this.refill();
  }

  #finish(delivery: Delivery, acked: boolean): void {
    const latest = this.#held.get(delivery.sequence);
    if (acked || latest === delivery) this.#drop(delivery.sequence);
    if (acked && ++this.#ackedInWindow >= this.#window) {
      this.#window = Math.min(this.#window * 2, this.#options.limits().messagesMax);
      this.#ackedInWindow = 0;
    }
    this.refill();
  }

  /** Forgets a message; in the queue it is only when it was delivered again before it was taken or done. */
  #drop(sequence: number): void {
    const held = this.#held.get(sequence);
    if (held === undefined) return;
    this.#held.delete(sequence);
    this.#postponed.delete(sequence);
    this.#heldBytes -= held.data.length;
    const place = this.#queue.indexOf(held);
    if (place >= 0) this.#queue.splice(place, 1);
  }
}
