import { setTimeout as pause } from "node:timers/promises";
import { openSealedState, type State, type Trust } from "@leix/exchange";
import type { SealedContent } from "@leix/ledger-store";
import { LeixError } from "@leix/protocol";
import type { CompactRange } from "@leix/tlog";
import type { LedgerSource } from "./ledger-source.ts";

/** What a LEDGER begins with whose beginning was put away. Nothing of it is verified. */
export interface SealedBeginning {
  /** Its first record. */
  readonly seal: Uint8Array;
  /** What SEALED has for it. */
  readonly content: SealedContent;
}

/** Where a follower goes on, with the seal as the next record. */
export interface Beginning {
  readonly state: State;
  /** Of the records before it. That it is, the next checkpoint says: `openSeenLedger` compares. */
  readonly tree: CompactRange;
  /** Those of the membership, in order. */
  readonly statements: readonly Uint8Array[];
}

/**
 * Where LEDGER begins: null with record 0; otherwise the state that the seal it begins with names, verified
 * from the anchor's thumbprint on (`openSealedState`, whose codes it throws), with those of the source.
 */
export async function openBeginning(source: LedgerSource, trust: Trust): Promise<Beginning | null> {
  const sealed = await source.loadSealed();
  if (!sealed) return null;
  const { tree, items } = sealed.content;
  const { state, statements } = await openSealedState(trust, items, sealed.seal);
  if (tree.end === state.head.index) return { state, tree, statements };
  throw new LeixError("ledger/seal-differs", `the tree of ${tree.end} records, of ${state.head.index}`);
}

export interface BeginningPatience {
  readonly signal: AbortSignal;
  /** Told each time the broker did not answer. */
  readonly onSilence: (error: LeixError) => void;
}

const ASK_AGAIN_MS = 250;

/**
 * The same for who has nothing else to do: asks again until the broker answers. Null too when aborted: then
 * nothing is followed.
 */
export async function untilBeginning(
  source: LedgerSource,
  trust: Trust,
  { signal, onSilence }: BeginningPatience,
): Promise<Beginning | null> {
  while (!signal.aborted) {
    try {
      return await openBeginning(source, trust);
    } catch (error) {
      if (!(error instanceof LeixError) || error.code !== "broker/no-answer") throw error;
      onSilence(error);
    }
    await pause(ASK_AGAIN_MS, undefined, { signal }).catch(() => undefined);
  }
  return null;
}
