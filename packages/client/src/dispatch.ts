import { type ErrorCode, LeixError, type MessageId } from "@leix/protocol";
import type { OnNodeEvent } from "./events.ts";
import type { Post } from "./ports.ts";
import type { Store } from "./store.ts";

export interface DispatchOptions {
  readonly store: Store;
  readonly post: Post;
  readonly onEvent: OnNodeEvent;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

const IN_FLIGHT_MAX = 16;

/**
 * Sends one message of the outbox, always the same bytes. Answers what stands in the way, which leaves it in
 * the outbox to be sent again: it is recorded once, however often it arrives. Undefined when the exchange has
 * it.
 *
 * A crash before the broker has it: sent again. A crash after that, before it is noted here: sent again too.
 */
export async function dispatch(id: MessageId, options: DispatchOptions): Promise<ErrorCode | undefined> {
  const { store, post, onEvent, clock } = options;
  const envelope = store.outbox.getEnvelope(id);
  if (!envelope) return undefined;
  try {
    await post.send(envelope);
  } catch (error) {
    if (!(error instanceof LeixError)) throw error;
    onEvent({ kind: "message.unsent", messageId: id, code: error.code });
    return error.code;
  }
  store.outbox.markReceived(id, clock());
  onEvent({ kind: "message.sent", messageId: id });
  return undefined;
}

/**
 * Sends again, in order, whatever has no decision and was last received before `receivedBeforeMs`, or never.
 * Stops at the first failure: what hinders one hinders the others.
 */
export async function resend(receivedBeforeMs: number, options: DispatchOptions): Promise<void> {
  const ids = options.store.outbox.listDue(receivedBeforeMs);
  for (let i = 0; i < ids.length; i += IN_FLIGHT_MAX) {
    const hindrances = await Promise.all(ids.slice(i, i + IN_FLIGHT_MAX).map((id) => dispatch(id, options)));
    if (hindrances.some((code) => code !== undefined)) return;
  }
}
