import { setTimeout as pause } from "node:timers/promises";
import { type ErrorCode, LeixError } from "@leix/protocol";

/** What keeps the service from its work at the moment, for events and health. */
export interface Hindrance {
  readonly code: ErrorCode;
  readonly detail: string;
}

export interface Patience {
  readonly signal: AbortSignal;
  /** Told before every pause. */
  readonly onHindered: (hindrance: Hindrance) => void;
  /** Comes before every attempt; what it throws is thrown or waited for as if the attempt did. */
  readonly assure?: () => Promise<void>;
}

/**
 * How long to wait before trying again. A broker that refuses (a full disk, a full stream) needs its
 * operator; a ledger without its first record needs the anchor, or another instance has it in hand.
 */
const PAUSES_MS: Partial<Record<ErrorCode, number>> = {
  "broker/not-acknowledged": 250,
  "broker/no-answer": 250,
  "broker/refused": 1_000,
  "statement/not-genesis": 250,
};

/** Is this worth waiting for? Dying of it would only blame the inputs at hand for it. */
export function isWorthWaiting(error: unknown): error is LeixError {
  return error instanceof LeixError && error.code in PAUSES_MS;
}

/** Says what is in the way, and waits. Throws when aborted. */
export async function waitOut(error: LeixError, { signal, onHindered }: Patience): Promise<void> {
  onHindered({ code: error.code, detail: error.detail });
  await pause(PAUSES_MS[error.code] ?? 0, undefined, { signal });
}

/**
 * Repeats what the broker did not acknowledge, or refuses for now, until it does. Only for what may be done
 * twice: reading, and writes that the broker itself refuses the second time. Throws when aborted.
 */
export async function retry<T>(attempt: () => Promise<T>, patience: Patience): Promise<T> {
  while (true) {
    patience.signal.throwIfAborted();
    try {
      await patience.assure?.();
      return await attempt();
    } catch (error) {
      if (!isWorthWaiting(error)) throw error;
      await waitOut(error, patience);
    }
  }
}
