import { LeixError } from "@leix/protocol";
import type { Bell } from "./bell.ts";
import { resend } from "./dispatch.ts";
import { findHold } from "./hold.ts";
import type { Post } from "./ports.ts";
import { resendWaited } from "./resend-waited.ts";
import { endRetention } from "./retention.ts";
import { type SettleArrivalsOptions, settleArrivals } from "./settle-arrivals.ts";

export interface RunOptions extends SettleArrivalsOptions {
  readonly post: Post;
  /** Something came into the store, or was decided. */
  readonly arrived: Bell;
  /** The broker is there again after it was away. */
  readonly reconnected: Bell;
  /** Told after every change that someone may wait for. */
  readonly changed: () => void;
}

export interface RunChoices {
  /**
   * Whether everything without a decision is sent again at the start (the default), or only what the exchange
   * has not acknowledged, or not within the last minute: enough for a process that is started often.
   */
  readonly resendAll?: boolean;
}

/** How often newer membership is asked for, and what waits for it is tried again. */
const REFRESH_MS = 30_000;
/** What is received but not decided after so long is sent again: it may be lost with the broker's disk. */
const UNDECIDED_MS = 60_000;
/** A broker that is back may have lost what it acknowledged longer ago than this: its disk went back. */
const BACK_MS = 60_000;
/** Later than any time. */
const EVER = Number.MAX_SAFE_INTEGER;
const NEVER = 0;

/**
 * Receives, judges, acknowledges and sends again until the signal is aborted. Throws what cannot be mended by
 * going on, `ledger/rolled-back` above all.
 */
export async function runNode(
  options: RunOptions,
  signal: AbortSignal,
  { resendAll = true }: RunChoices = {},
): Promise<void> {
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const orStopAll = (work: Promise<void>) => work.finally(() => failed.abort());
  await refreshMembership(options);
  await Promise.all([
    orStopAll(takeIn(options, either)),
    orStopAll(settleAll(options, either)),
    orStopAll(keepUp(options, either, resendAll)),
  ]);
}

/**
 * Takes deliveries into the store as they come, whatever they are: only then does the broker forget its copy.
 * A crash before the store has it: delivered again. A crash after that: delivered again, and the store has it
 * already. Nothing is judged here, so nothing can stop what comes after it.
 */
export async function takeIn(
  { store, post, clock, arrived }: RunOptions,
  signal: AbortSignal,
): Promise<void> {
  for await (const deliveries of post.receive(signal)) {
    store.transaction(() => {
      for (const delivery of deliveries) store.inbox.add(delivery, clock());
    });
    for (const delivery of deliveries) delivery.acknowledge();
    arrived.ring();
  }
  if (!signal.aborted) throw new LeixError("broker/unreachable", "the inbox was closed");
}

async function settleAll(options: RunOptions, signal: AbortSignal): Promise<void> {
  for (let isStart = true; !signal.aborted; isStart = false) {
    await settleArrivals(options, isStart);
    options.changed();
    await options.arrived.wait(REFRESH_MS, signal);
  }
}

/**
 * At a start and when the broker is back, everything without a decision is sent again; else what has waited
 * for long, unless the exchange itself lets it wait: then only what it does not have. The same, less often,
 * of what was let through and is not acknowledged; what is in its way only puts it off.
 */
export async function keepUp(
  options: Pick<
    RunOptions,
    "store" | "post" | "membership" | "onEvent" | "clock" | "reconnected" | "changed"
  >,
  signal: AbortSignal,
  resendAll: boolean,
): Promise<void> {
  const { reconnected, clock, store, onEvent } = options;
  let heldUntil: number | undefined;
  let lostBeforeMs = resendAll ? clock() : NEVER;
  const sendAgain = async (everything: boolean) => {
    const hold = findHold(store.outbox, clock());
    if (hold && hold.until !== heldUntil) onEvent({ kind: "messages.waiting", until: hold.until });
    heldUntil = hold?.until;
    await resend(everything ? EVER : hold ? NEVER : clock() - UNDECIDED_MS, options);
    if (!hold && (await resendWaited(lostBeforeMs, options))) lostBeforeMs = NEVER;
  };
  await sendAgain(resendAll);
  while (!signal.aborted) {
    endRetention(options);
    const isBack = await reconnected.wait(REFRESH_MS, signal);
    if (signal.aborted) return;
    if (isBack) lostBeforeMs = Math.max(lostBeforeMs, clock() - BACK_MS);
    await refreshMembership(options);
    await sendAgain(isBack);
    options.changed();
  }
}

/** Without newer membership the node goes on with what it has. */
export async function refreshMembership({
  membership,
  onEvent,
}: Pick<RunOptions, "membership" | "onEvent">): Promise<void> {
  try {
    const records = await membership.refresh();
    onEvent({ kind: "membership.refreshed", records, ledgerIndex: membership.count - 1 });
  } catch (error) {
    if (!(error instanceof LeixError) || error.code === "ledger/rolled-back") throw error;
    onEvent({ kind: "membership.failed", code: error.code });
  }
}
