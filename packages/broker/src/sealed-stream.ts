import { LeixError, STREAMS, toSealedFilter, toSealedSubject } from "@leix/protocol";
import type { NatsConnection } from "@nats-io/transport-node";
import { publishOnce } from "./atomic-batch.ts";
import { loadSealedRange } from "./ledger-range.ts";
import { attempt, openManager } from "./provision.ts";

const RANGE = { count: 16, bytes: 8 * 1_048_576 };
const ONE = { count: 1, bytes: RANGE.bytes };
const ATTEMPTS_MAX = 5;

/**
 * The pieces of the sealed state that SEALED has for the seal at an index, in order. Nothing of it is
 * verified here, nor that it is whole. Throws ledger/rolled-back where there are none, or one is missing in
 * between; broker/no-answer.
 */
export async function* readSealedPieces(
  nc: NatsConnection,
  index: number,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array, void> {
  let [next, piece] = [1, 0];
  while (true) {
    const { messages, pending } = await loadSealedRange(nc, toSealedFilter(index), next, RANGE, signal);
    for (const { sequence, subject, data } of messages) {
      if (subject !== toSealedSubject(index, piece)) {
        throw new LeixError("ledger/rolled-back", `in place of ${toSealedSubject(index, piece)}: ${subject}`);
      }
      yield data;
      [next, piece] = [sequence + 1, piece + 1];
    }
    if (messages.length === 0 || pending === 0) break;
  }
  if (piece === 0) throw new LeixError("ledger/rolled-back", `no sealed state for the seal at ${index}`);
}

/**
 * Writes all pieces for the seal at an index, in place of what a run that was interrupted has left of them;
 * those of other seals stay. Needs the role `restorer`, as what follows.
 */
export async function writeSealedPieces(
  nc: NatsConnection,
  index: number,
  pieces: AsyncIterable<Uint8Array>,
): Promise<void> {
  const manager = await openManager(nc);
  await attempt(`stream ${STREAMS.sealed}`, () =>
    manager.streams.purge(STREAMS.sealed, { filter: toSealedFilter(index) }),
  );
  let piece = 0;
  for await (const data of pieces) await writePiece(nc, { subject: toSealedSubject(index, piece++), data });
}

/** Removes the sealed states that came before that of the seal at an index, which has to be there. */
export async function dropEarlierSealed(nc: NatsConnection, index: number): Promise<void> {
  const { messages } = await loadSealedRange(nc, toSealedFilter(index), 1, ONE);
  const [first] = messages;
  if (!first) throw new LeixError("ledger/rolled-back", `no ${toSealedSubject(index, 0)}`);
  const manager = await openManager(nc);
  await attempt(`stream ${STREAMS.sealed}`, () =>
    manager.streams.purge(STREAMS.sealed, { seq: first.sequence }),
  );
}

/** One whose answer was lost is there, or not: then it is refused the second time. */
async function writePiece(nc: NatsConnection, message: { subject: string; data: Uint8Array }): Promise<void> {
  for (let tried = 1; ; tried++) {
    try {
      await publishOnce(nc, message);
      return;
    } catch (error) {
      const code = error instanceof LeixError ? error.code : undefined;
      if (code === "broker/subject-used" && tried > 1) return;
      if (code !== "broker/not-acknowledged" || tried === ATTEMPTS_MAX) throw error;
    }
  }
}
