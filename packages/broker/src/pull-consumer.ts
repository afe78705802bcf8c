import { LeixError } from "@leix/protocol";
import {
  createInbox,
  type Msg,
  type NatsConnection,
  nanos,
  type Subscription,
} from "@nats-io/transport-node";
import { Doorbell } from "./doorbell.ts";

export interface PullConsumerOptions {
  readonly stream: string;
  readonly consumer: string;
  /** Every message the consumer delivers; its reply subject acknowledges it. */
  readonly onMessage: (message: Msg) => void;
  /** The last request is over, so another one may be made. Never called from within `request`. */
  readonly onIdle: () => void;
  /** The server will never answer: no right, or a request it does not understand. */
  readonly onFailure: (error: LeixError) => void;
}

/** How long the server keeps a request that it has no messages for. */
const EXPIRES_MS = 10_000;
const HEARTBEAT_MS = 2_000;
/**
 * Two heartbeats and a half: then the request is lost, as when another server became the consumer's leader.
 */
const SILENCE_MS_MAX = 5_000;
const WATCH_MS = 500;
const RETRY_MS = 250;
const CLOSE_MS_MAX = 1_000;

/**
 * Pulls from one durable consumer, one request at a time, and notices within seconds when a request is lost.
 * It is bound by name: it asks the server nothing about the consumer, so its user needs no right to.
 *
 * Every request has the same reply subject: for each other one the server keeps a mapping across accounts for
 * as long as the subscription lives (0.8 KB each, measured).
 */
export class PullConsumer {
  readonly #nc: NatsConnection;
  readonly #options: PullConsumerOptions;
  readonly #inbox: string;
  readonly #subscription: Subscription;
  readonly #watchdog: NodeJS.Timeout;
  #outstanding = 0;
  #heardAt = 0;
  #retry: NodeJS.Timeout | undefined;
  #heard: (() => void) | undefined;

  constructor(nc: NatsConnection, inboxPrefix: string, options: PullConsumerOptions) {
    this.#nc = nc;
    this.#options = options;
    this.#inbox = createInbox(inboxPrefix);
    this.#subscription = nc.subscribe(this.#inbox, {
      callback: (error, message) => this.#receive(error, message),
    });
    this.#watchdog = setInterval(() => this.#watch(), WATCH_MS);
  }

  /** Messages asked for and not yet here. */
  get outstanding(): number {
    return this.#outstanding;
  }

  /** False while a request is under way, or the next one must wait a little. */
  get isIdle(): boolean {
    return this.#outstanding === 0 && this.#retry === undefined;
  }

  /** Asks for up to `count` messages and `bytes` bytes; only when idle. */
  request(count: number, bytes: number): void {
    if (this.#nc.isClosed()) return;
    this.#outstanding = count;
    this.#heardAt = performance.now();
    this.#publish({
      batch: count,
      max_bytes: bytes,
      expires: nanos(EXPIRES_MS),
      idle_heartbeat: nanos(HEARTBEAT_MS),
    });
  }

  /** What was asked for on an earlier connection will not come. */
  reset(): void {
    this.#finish();
  }

  /**
   * Messages that are already on their way still come to `onMessage` until it resolves.
   *
   * A request that the server takes up after its asker has gone, it serves to nobody (for an asker in another
   * account it no longer finds out who asked), and what it served waits for its redelivery. So a second
   * request, which is answered at once, shows first that the other one was taken up.
   */
  async close(): Promise<void> {
    clearInterval(this.#watchdog);
    clearTimeout(this.#retry);
    if (this.#nc.isClosed() || this.#subscription.isClosed()) return;
    if (this.#outstanding > 0) {
      const heard = new Doorbell();
      this.#heard = heard.ring;
      // One byte: no message is that small, so none is served.
      this.#publish({ batch: 1, no_wait: true, max_bytes: 1 });
      await heard.wait({ timeoutMs: CLOSE_MS_MAX });
    }
    if (!this.#nc.isClosed()) await this.#subscription.drain();
  }

  #publish(question: object): void {
    const { stream, consumer } = this.#options;
    const subject = `$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`;
    this.#nc.publish(subject, JSON.stringify(question), { reply: this.#inbox });
  }

  #receive(error: Error | null, message: Msg): void {
    if (error !== null) {
      this.#options.onFailure(new LeixError("broker/refused", "no right on the own inbox", { cause: error }));
      return;
    }
    this.#heardAt = performance.now();
    this.#heard?.();
    if (message.subject === this.#inbox) {
      this.#receiveStatus(message);
      return;
    }
    this.#outstanding = Math.max(0, this.#outstanding - 1);
    this.#options.onMessage(message);
    if (this.#outstanding === 0) this.#options.onIdle();
  }

  /**
   * 100 heartbeat; 404 and 408 nothing came in time; 409 over, for a reason that it names; 503 nobody
   * listens, as while the server starts. A completed batch was counted message by message, and its status
   * comes when the next request may be under way already.
   */
  #receiveStatus(message: Msg): void {
    const { code = 0, description = "" } = message.headers ?? {};
    if (code === 100 || /batch completed/i.test(description)) return;
    if (code === 400) {
      this.#options.onFailure(new LeixError("broker/refused", `pull request: ${description}`));
    } else if (code === 404 || code === 408 || /max ?bytes/i.test(description)) {
      this.#finish();
    } else {
      this.#finishLater();
    }
  }

  #watch(): void {
    if (this.#outstanding > 0 && performance.now() - this.#heardAt > SILENCE_MS_MAX) this.#finish();
  }

  #finish(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    this.#outstanding = 0;
    this.#options.onIdle();
  }

  /** Not at once: what is the matter may last, and every account would ask again without a pause. */
  #finishLater(): void {
    this.#outstanding = 0;
    this.#retry ??= setTimeout(() => this.#finish(), RETRY_MS);
  }
}
