import { LeixError } from "@leix/protocol";
import type { NatsConnection } from "@nats-io/transport-node";
import { type LedgerMessage, loadLedgerRange, type StoredMessage } from "./ledger-range.ts";

const RANGE = { count: 512, bytes: 4 * 1_048_576 };

/**
 * Reads LEDGER from a sequence (the first is 1) to where it ends now, in order and without a gap.
 *
 * A batch is given whole or not at all: the server already answers with the first messages of a batch that it is
 * still storing, and after a crash might not have them; they are held back until the last one is there.
 * Throws ledger/rolled-back when a sequence is missing, broker/no-answer when the server does not answer or the
 * signal is aborted: what was given stays valid, the caller goes on after it.
 */
export async function* readLedger(
  nc: NatsConnection,
  from: number,
  signal?: AbortSignal,
): AsyncGenerator<LedgerMessage, void> {
  let held: StoredMessage[] = [];
  let next = from;
  while (true) {
    const { messages, pending } = await loadLedgerRange(nc, next, RANGE, signal);
    for (const message of messages) {
      if (message.sequence !== next) throw toGap(next, message.sequence);
      next++;
      held.push(message);
      if (!message.endsBatch) continue;
      for (const { sequence, subject, data } of held) yield { sequence, subject, data };
      held = [];
    }
    if (messages.length === 0 || pending === 0) return;
  }
}

/** The last sequence of LEDGER, 0 when it is empty. A batch that is being stored may count already. */
export async function ledgerHead(nc: NatsConnection, signal?: AbortSignal): Promise<number> {
  const { messages, pending } = await loadLedgerRange(nc, 1, { count: 1, bytes: RANGE.bytes }, signal);
  return (messages[0]?.sequence ?? 0) + pending;
}

/**
 * Checks that the message is still in LEDGER as it was: what a follower does after it was cut off, because a server
 * can lose the end of a stream to its disk without a word. Throws ledger/rolled-back when it is not.
 * Without `data` only its presence is checked.
 */
export async function checkStillThere(
  nc: NatsConnection,
  seen: { readonly sequence: number; readonly data?: Uint8Array },
  signal?: AbortSignal,
): Promise<void> {
  if (seen.sequence === 0) return;
  const { messages } = await loadLedgerRange(nc, seen.sequence, { count: 1, bytes: RANGE.bytes }, signal);
  const message = messages[0];
  if (message?.sequence !== seen.sequence) throw toGap(seen.sequence, message?.sequence);
  if (seen.data !== undefined && Buffer.compare(seen.data, message.data) !== 0) {
    throw new LeixError("ledger/rolled-back", `sequence ${seen.sequence} has other content than it had`);
  }
}

function toGap(wanted: number, found: number | undefined): LeixError {
  const instead = found === undefined ? "nothing" : `sequence ${found}`;
  return new LeixError("ledger/rolled-back", `in place of sequence ${wanted} there is ${instead}`);
}
