import { encodeCanonicalBytes, LeixError } from "@leix/protocol";
import type { OnNodeEvent } from "./events.ts";
import { openCopy } from "./judge-copy.ts";
import type { CopyRow, Erasure } from "./store/inbox.ts";
import type { Store } from "./store.ts";

export interface RetentionOptions {
  readonly store: Store;
  readonly onEvent: OnNodeEvent;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

const AT_ONCE_MAX = 16;

/**
 * Erases every text whose time is over (P31), and what is left of erased ones in the file's write-ahead
 * log. A crash in between: done at the next start.
 */
export function endRetention({ store, onEvent, clock }: RetentionOptions): void {
  const now = Math.floor(clock() / 1_000);
  while (true) {
    const rows = store.inbox.listExpired(now, AT_ONCE_MAX);
    for (const row of rows) {
      if (eraseText(store, row, "retention-ended")) onEvent(toErasedEvent(row, "retention-ended"));
    }
    if (rows.length < AT_ONCE_MAX) break;
  }
  store.forget();
}

/** Whether a text may not be read out any more, whoever erases it when. */
export function isExpired({ deleteBy }: CopyRow, nowMs: number): boolean {
  return deleteBy !== null && deleteBy <= nowMs / 1_000;
}

/**
 * Takes the text out of a copy; claims and decision stay, and prove that it was received. Gone from the file
 * itself once `store.forget` has answered true. False where it was erased before.
 */
export function eraseText({ inbox }: Pick<Store, "inbox">, row: CopyRow, why: Erasure): boolean {
  const { message, decision } = openCopy(row.payload).copy;
  return inbox.erase(row.arrival, encodeCanonicalBytes({ message, decision }), why);
}

export function toErasedEvent({ id }: CopyRow, why: Erasure) {
  return { kind: "message.erased", messageId: id, why } as const;
}

/** A message by its own name, as an officer speaks of it. */
export interface NamedMessage {
  readonly iss: string;
  readonly id: string;
}

/**
 * What an officer says is erased: the text of the message, or where that is a correction, of what it
 * corrects. On return it is in neither the store's file nor its log. Throws `client/not-found` where the
 * agency was not sent it, `client/store-unusable` where another process stands in the way: then nothing may
 * be said.
 */
export function eraseOnWord({ store, onEvent }: RetentionOptions, { iss, id }: NamedMessage): void {
  const named = store.inbox.get(iss, id);
  if (!named || named.status === "unverifiable") throw new LeixError("client/not-found", `${id} of ${iss}`);
  const { claims } = openCopy(named.payload);
  const row = claims.kind === "correction" ? store.inbox.get(claims.re.iss, claims.re.id) : named;
  if (row && row.status !== "unverifiable" && eraseText(store, row, "erased")) {
    onEvent(toErasedEvent(row, "erased"));
  }
  if (!store.forget()) throw new LeixError("client/store-unusable", "another process reads what was erased");
}
