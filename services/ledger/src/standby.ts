import { Doorbell } from "@leix/broker";
import { type LedgerWriter, openLedgerWriter } from "@leix/ledger-store";
import { LeixError } from "@leix/protocol";
import type { LedgerEvents } from "./events.ts";
import { STANDBY_LOOK_MS } from "./limits.ts";

export interface StandbyOptions {
  readonly folder: string;
  /** The log's verifier key. */
  readonly log: string;
  readonly events: LedgerEvents;
  /** Called again and again while another instance writes the store. */
  readonly onLook: () => Promise<void>;
}

/**
 * The store's one writer: as soon as no other process is it. The kernel drops the lock of a process that
 * died, however it died. Undefined where the signal is aborted first.
 */
export async function untilWriter(
  { folder, log, events, onLook }: StandbyOptions,
  signal: AbortSignal,
): Promise<LedgerWriter | undefined> {
  let isTold = false;
  while (!signal.aborted) {
    try {
      return await openLedgerWriter(folder, { log });
    } catch (error) {
      if (!(error instanceof LeixError) || error.code !== "ledger/store-locked") throw error;
    }
    if (!isTold) events.waitingForStore(folder);
    isTold = true;
    await onLook();
    await new Doorbell().wait({ signal, timeoutMs: STANDBY_LOOK_MS });
  }
  return undefined;
}
