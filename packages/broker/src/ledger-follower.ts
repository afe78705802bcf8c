import { LeixError } from "@leix/protocol";
import type { NatsConnection } from "@nats-io/transport-node";
import { watchConnection } from "./connection-watch.ts";
import { Doorbell } from "./doorbell.ts";
import type { LedgerMessage } from "./ledger-range.ts";
import { checkStillThere, readLedger } from "./ledger-reader.ts";

/** A hint comes before what it hints at is stored: look again soon, then ever more rarely. */
const LOOK_AGAIN_MS_MIN = 2;
const LOOK_AGAIN_MS_MAX = 1_000;
const LEDGER_HINT = "leix.ledger.>";

/**
 * Gives every message of LEDGER from a sequence (the first is 1) on, each once, in order, and then each new
 * one within milliseconds; ends when the signal is aborted. A broker that is away is waited for.
 *
 * At the start and after every reconnect it checks that the last message it knows (at the start `before`, the
 * one before `from`) is still there and unchanged, and awaits `onConnection`, before it gives anything
 * further. Throws ledger/rolled-back where it is not, what `onConnection` throws, and broker/unreachable when
 * the connection is closed for good.
 */
export async function* followLedger(
  nc: NatsConnection,
  from: number,
  signal: AbortSignal,
  before?: Uint8Array,
  onConnection?: () => Promise<unknown>,
): AsyncGenerator<LedgerMessage, void> {
  let seen: { sequence: number; data?: Uint8Array } = {
    sequence: from - 1,
    ...(before ? { data: before } : {}),
  };
  let checked: AbortSignal | undefined;
  let waitMs = LOOK_AGAIN_MS_MIN;
  const bell = new Doorbell();
  const watch = watchConnection(nc, bell.ring);
  const hints = nc.subscribe(LEDGER_HINT, { callback: bell.ring });
  try {
    while (!signal.aborted) {
      const connection = watch.current();
      try {
        if (connection !== checked) {
          await checkStillThere(nc, seen, connection);
          await onConnection?.();
        }
        checked = connection;
        for await (const message of readLedger(nc, seen.sequence + 1, connection)) {
          seen = message;
          waitMs = LOOK_AGAIN_MS_MIN;
          yield message;
          if (signal.aborted) return;
        }
      } catch (error) {
        if (!isWorthWaiting(error)) throw error;
        if (nc.isClosed())
          throw new LeixError("broker/unreachable", "the connection was closed", { cause: error });
      }
      const rung = await bell.wait({ signal, timeoutMs: waitMs });
      waitMs = rung ? LOOK_AGAIN_MS_MIN : Math.min(waitMs * 2, LOOK_AGAIN_MS_MAX);
    }
  } finally {
    watch.close();
    if (!nc.isClosed()) hints.unsubscribe();
  }
}

function isWorthWaiting(error: unknown): boolean {
  return error instanceof LeixError && error.code === "broker/no-answer";
}
