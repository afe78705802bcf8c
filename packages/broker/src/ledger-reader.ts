import { isSealSubject, LeixError } from "@leix/protocol";
import type { NatsConnection } from "@nats-io/transport-node";
import { type LedgerMessage, type LedgerRange, loadLedgerRange, type StoredMessage } from "./ledger-range.ts";

const RANGE = { count: 512, bytes: 4 * 1_048_576 };
const ONE = { count: 1, bytes: RANGE.bytes };
/** A batch is stored in well under this; another server of the cluster is never so far behind. */
const SETTLE_MS_MAX = 5_000;
const SETTLE_PAUSE_MS = 5;

/**
 * Reads LEDGER from a sequence (the first is 1) to where it ends now, in order and without a gap.
 *
 * A batch is given whole or not at all: the server already answers with the first messages of a batch that it
 * is still storing, and after a crash might not have them; they are held back until the last one is there.
 *
 * Throws ledger/rolled-back when a sequence is missing, or when what the server counts or began does not
 * come: its disk lost it. Throws broker/no-answer when the server does not answer or the signal is aborted:
 * what was given stays valid, the caller goes on after it.
 */
export async function* readLedger(
  nc: NatsConnection,
  from: number,
  signal?: AbortSignal,
): AsyncGenerator<LedgerMessage, void> {
  let held: StoredMessage[] = [];
  let next = from;
  let announced = 0;
  let settle = startSettling();
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
    if (messages.length > 0) {
      announced = pending;
      settle = startSettling();
    }
    if (held.length === 0 && announced === 0) return;
    if (messages.length === 0 || pending === 0) await settle(next);
  }
}

/**
 * One message that is known to be in LEDGER: a range, asked for a single message, would bring hundreds.
 * Throws ledger/rolled-back when it is not there, broker/no-answer as `readLedger`.
 */
export async function loadLedgerMessage(
  nc: NatsConnection,
  sequence: number,
  signal?: AbortSignal,
): Promise<LedgerMessage> {
  const { messages } = await loadLedgerRange(nc, sequence, ONE, signal);
  const [message] = messages;
  if (message?.sequence !== sequence) throw toGap(sequence, message?.sequence);
  return { sequence, subject: message.subject, data: message.data };
}

/** Where LEDGER begins and ends, by sequence. */
export interface LedgerEnds {
  /** 1, or that of the seal it begins with: what was before it was put away (`leix ledger rotate`). */
  readonly first: number;
  /** 0 when it is empty. A batch that is being stored may count already. */
  readonly last: number;
}

/**
 * Throws ledger/rolled-back where LEDGER begins with anything but its first message or a seal: nothing else
 * is ever taken out of it. Whether that is the seal that it has to be, is for whoever reads it to verify.
 */
export async function ledgerEnds(nc: NatsConnection, signal?: AbortSignal): Promise<LedgerEnds> {
  const { messages, pending } = await loadLedgerRange(nc, 1, ONE, signal);
  const [begin] = messages;
  if (!begin) return { first: 1, last: 0 };
  if (begin.sequence !== 1 && !isSealSubject(begin.subject)) throw toGap(1, begin.sequence);
  return { first: begin.sequence, last: begin.sequence + pending };
}

/** The last sequence of LEDGER, 0 when it is empty. Throws as `ledgerEnds`. */
export async function ledgerHead(nc: NatsConnection, signal?: AbortSignal): Promise<number> {
  return (await ledgerEnds(nc, signal)).last;
}

/**
 * Checks that the message is still in LEDGER as it was: what a follower does after it was cut off, because a
 * server can lose the end of a stream to its disk without a word. Throws ledger/rolled-back when it is not.
 * Without `data` only its presence is checked. Where LEDGER begins right after it, with a seal, it was put
 * away: the seal names the record before it.
 */
export async function checkStillThere(
  nc: NatsConnection,
  seen: { readonly sequence: number; readonly data?: Uint8Array },
  signal?: AbortSignal,
): Promise<void> {
  if (seen.sequence === 0) return;
  const settle = startSettling();
  let range: LedgerRange;
  while (true) {
    range = await loadLedgerRange(nc, seen.sequence, ONE, signal);
    if (range.messages.length > 0) break;
    await settle(seen.sequence);
  }
  const [message] = range.messages;
  if (message?.sequence === seen.sequence + 1 && isSealSubject(message.subject)) return;
  if (message?.sequence !== seen.sequence) throw toGap(seen.sequence, message?.sequence);
  if (seen.data !== undefined && Buffer.compare(seen.data, message.data) !== 0) {
    throw new LeixError("ledger/rolled-back", `sequence ${seen.sequence} has other content than it had`);
  }
}

/** Pauses before the next question, until there were enough of them: then what is missing is lost. */
function startSettling(): (missing: number) => Promise<void> {
  const startedAt = performance.now();
  return async (missing) => {
    if (performance.now() - startedAt > SETTLE_MS_MAX) throw toGap(missing, undefined);
    await new Promise((resolve) => setTimeout(resolve, SETTLE_PAUSE_MS));
  };
}

function toGap(wanted: number, found: number | undefined): LeixError {
  const instead = found === undefined ? "nothing" : `sequence ${found}`;
  return new LeixError("ledger/rolled-back", `in place of sequence ${wanted} there is ${instead}`);
}
