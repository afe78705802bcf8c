import { type ErrorCode, LeixError } from "@leix/protocol";
import type { OnNodeEvent } from "../events.ts";
import type { WitnessedRow, WitnessedTrees } from "../store/witnessed.ts";
import type { Cosigner } from "./cosigner.ts";
import type { LedgerLog } from "./ledger-log.ts";

/** Between two tries of one cosignature that was not taken: at first, and at most. */
const RETRY_MS = 3_000;
const RETRY_MS_MAX = 300_000;

export interface HandingInOptions {
  readonly origin: string;
  readonly trees: WitnessedTrees;
  readonly cosigner: Pick<Cosigner, "cosign">;
  readonly log: Pick<LedgerLog, "handIn">;
  readonly onEvent: OnNodeEvent;
  /** Why the ledger service has not taken a cosignature, as far as it shows here. */
  readonly explain: () => Promise<ErrorCode>;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

/**
 * Brings the cosignature of the last tree to the ledger service. Until that has taken it, it is made again,
 * the same bytes: so a crash after a tree was kept costs nothing.
 */
export interface HandingIn {
  /**
   * Does nothing where the last tree's is taken, or was refused a short while ago. Throws what stands in the
   * way of asking.
   */
  handIn(): Promise<void>;
  /** Why the last one is not taken; undefined where nothing is refused. */
  refusal(): ErrorCode | undefined;
}

interface Refused {
  readonly size: number;
  readonly code: ErrorCode;
  readonly waitMs: number;
  readonly at: number;
}

export function createHandingIn(options: HandingInOptions): HandingIn {
  const { origin, trees, clock, onEvent } = options;
  let refused: Refused | undefined;
  return {
    refusal: () => refused?.code,
    async handIn() {
      const last = trees.get(origin);
      if (!last || last.isHandedIn) {
        refused = undefined;
        return;
      }
      const before = refused?.size === last.size ? refused : undefined;
      // A clock that was set back must not keep it waiting.
      if (before && Math.abs(clock() - before.at) < before.waitMs) return;
      const code = await offer(last, options);
      if (code === undefined) {
        trees.handIn(origin, last.size);
        refused = undefined;
        return;
      }
      if (code !== before?.code) onEvent({ kind: "cosignature.refused", size: last.size, code });
      const waitMs = before ? Math.min(before.waitMs * 2, RETRY_MS_MAX) : RETRY_MS;
      refused = { size: last.size, code, waitMs, at: clock() };
    },
  };
}

/** Undefined where it is taken, or there is nothing to be taken: without a key nothing is cosigned. */
async function offer(
  last: WitnessedRow,
  { cosigner, log, explain }: HandingInOptions,
): Promise<ErrorCode | undefined> {
  const lines = await cosigner.cosign(last);
  if (!lines) return undefined;
  try {
    return (await log.handIn(lines, last.size)) > 0 ? undefined : await explain();
  } catch (error) {
    // What it says of the lines themselves is a refusal too. All else stands in the way of asking.
    if (error instanceof LeixError && /^(?:tlog|input)\//.test(error.code)) return error.code;
    throw error;
  }
}
