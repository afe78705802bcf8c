import { Doorbell } from "@leix/broker";
import { type LedgerWriter, type LogKeys, openLedgerWriter } from "@leix/ledger-store";
import { LeixError } from "@leix/protocol";
import type { LedgerEvents } from "./events.ts";
import { STANDBY_LOOK_MS } from "./limits.ts";

export interface StandbyOptions {
  readonly folder: string;
  readonly log: LogKeys;
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
    await onLook();
    // By now it answers readers.
    if (!isTold) events.waitingForStore(folder);
    isTold = true;
    await new Doorbell().wait({ signal, timeoutMs: STANDBY_LOOK_MS });
  }
  return undefined;
}
