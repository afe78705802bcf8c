import { LedgerEpoch } from "@leix/protocol";
import type { Entry } from "./entry.ts";
import type { State } from "./state.ts";

// The ledger is cut into epochs: a calendar year in UTC each, or `epochSeconds` of the anchor's statement.
// The first tick after the end of one records its seal, which names the digest of the state before it. Who
// has the seal and that state goes on without the sealed records; who has the records can make the state
// again.

/** NumericDate from which the epoch is over; undefined before record 0. */
export function epochEnd({ head, epoch: { began }, epochSeconds }: State): number | undefined {
  if (head.index === 0) return undefined;
  return epochSeconds === undefined ? nextYear(began) : began + epochSeconds;
}

export function isEpochOver(state: State, at: number): boolean {
  const end = epochEnd(state);
  return end !== undefined && at >= end;
}

/** The first epoch begins with record 0. */
export function beginEpochs(state: State, at: number): void {
  state.epoch = { ...state.epoch, began: at };
}

/** The next begins with the seal of the last, however late that came. */
export function foldSeal(state: State, { epoch, at }: Extract<Entry, { kind: "seal" }>): void {
  state.epoch = { number: LedgerEpoch.parse(epoch + 1), began: at };
}

function nextYear(time: number): number {
  return Date.UTC(new Date(time * 1_000).getUTCFullYear() + 1) / 1_000;
}
