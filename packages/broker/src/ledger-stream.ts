import { LeixError, STREAMS } from "@leix/protocol";
import { JetStreamApiError, type StreamInfo } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { type LedgerMessage, loadLedgerRange, type StoredMessage } from "./ledger-range.ts";
import { attempt, openManager } from "./provision.ts";
import { type StreamSizes, toWantedStreams } from "./streams.ts";

/** LEDGER as a stream, whatever is in it. */
export interface LedgerStream {
  /** When it was made: another one is another stream. */
  readonly created: string;
  /** What it was made to begin with, whatever is there. */
  readonly firstSequence: number;
  readonly lastSequence: number;
}

const RANGE = { count: 512, bytes: 4 * 1_048_576 };
const ONE = { count: 1, bytes: RANGE.bytes };

/**
 * Null where there is none. Needs the role `restorer`, as everything here; or `monitor`, which asks by
 * READER_API.
 */
export async function loadLedgerStream(nc: NatsConnection, apiPrefix?: string): Promise<LedgerStream | null> {
  const manager = await openManager(nc, apiPrefix);
  return attempt(`stream ${STREAMS.ledger}`, async () => {
    try {
      return toLedgerStream(await manager.streams.info(STREAMS.ledger));
    } catch (error) {
      if (error instanceof JetStreamApiError && error.status === 404) return null;
      throw error;
    }
  });
}

/**
 * Takes LEDGER away, with all that is in it, and makes it again as it should be, empty: the next message has
 * the first sequence.
 */
export async function recreateLedger(
  nc: NatsConnection,
  sizes: StreamSizes,
  firstSequence = 1,
): Promise<LedgerStream> {
  const manager = await openManager(nc);
  const what = `stream ${STREAMS.ledger}`;
  const [config] = toWantedStreams(sizes).filter(({ name }) => name === STREAMS.ledger);
  if (await loadLedgerStream(nc)) await attempt(what, () => manager.streams.delete(STREAMS.ledger));
  return attempt(what, async () =>
    toLedgerStream(
      await manager.streams.add({
        ...config,
        name: STREAMS.ledger,
        ...(firstSequence > 1 ? { first_seq: firstSequence } : {}),
      }),
    ),
  );
}

/** Sequences in OUT: everything below `first` was processed to its end. */
export interface OutEnds {
  readonly first: number;
  readonly last: number;
}

export async function loadOutEnds(nc: NatsConnection): Promise<OutEnds> {
  const manager = await openManager(nc);
  const { state } = await attempt(`stream ${STREAMS.out}`, () => manager.streams.info(STREAMS.out));
  return { first: state.messages === 0 ? state.last_seq + 1 : state.first_seq, last: state.last_seq };
}

/** The last sequence of CHECKPOINT, whose message may be lost: what the next one names as the last. */
export async function loadCheckpointEnd(nc: NatsConnection): Promise<number> {
  const manager = await openManager(nc);
  const { state } = await attempt(`stream ${STREAMS.checkpoint}`, () =>
    manager.streams.info(STREAMS.checkpoint),
  );
  return state.last_seq;
}

/**
 * What of LEDGER can still be read, in order, with gaps: of a stream that its server's disk has damaged.
 * Throws broker/no-answer where nothing is answered at all.
 */
export async function* readRemains(
  nc: NatsConnection,
  { firstSequence, lastSequence }: LedgerStream,
): AsyncGenerator<LedgerMessage, void> {
  for (let next = firstSequence; next <= lastSequence; ) {
    const messages = (await tryRange(nc, next, RANGE)) ?? (await readSingly(nc, next, lastSequence));
    for (const { sequence, subject, data } of messages) yield { sequence, subject, data };
    next = Math.max(next, messages.at(-1)?.sequence ?? lastSequence) + 1;
  }
}

/** One after the other, up to the first that can be read. */
async function readSingly(nc: NatsConnection, from: number, last: number): Promise<readonly StoredMessage[]> {
  for (let next = from; next <= last; next++) {
    const messages = await tryRange(nc, next, ONE);
    if (messages && messages.length > 0) return messages;
  }
  return [];
}

async function tryRange(
  nc: NatsConnection,
  from: number,
  size: typeof RANGE,
): Promise<readonly StoredMessage[] | undefined> {
  try {
    return (await loadLedgerRange(nc, from, size)).messages;
  } catch (error) {
    // An answer of the server that says it cannot; silence would be the same for every message.
    const cause = error instanceof LeixError ? error.cause : error;
    if (cause instanceof Error && /^\d{3} /.test(cause.message)) return undefined;
    throw error;
  }
}

function toLedgerStream({ created, config, state }: StreamInfo): LedgerStream {
  return { created, firstSequence: config.first_seq ?? 1, lastSequence: state.last_seq };
}
