import { appendCheckpoint, loadCheckpoint, loadCheckpointEnd } from "@leix/broker";
import type { LedgerReader } from "@leix/ledger-store";
import { LeixError } from "@leix/protocol";
import type { PartyConnection } from "@leix/runtime";
import { readClaimed, verifyClaimed } from "@leix/seen-ledger";
import { isSameHash, type TreeHead } from "@leix/tlog";
import type { ProvenStore } from "./restore-proof.ts";

/** The newest in CHECKPOINT. Whose it is is known once the store is proven: the keys are in its records. */
export interface NewestCheckpoint {
  readonly note: Uint8Array | null;
  /** What it says, or why it says nothing. */
  readonly claimed: TreeHead | LeixError | undefined;
}

export async function loadNewest(nc: PartyConnection): Promise<NewestCheckpoint> {
  const stored = await loadCheckpoint(nc);
  const note = stored?.note ?? null;
  return { note, claimed: note ? tryReadClaimed(note) : undefined };
}

/** At which the root has to be told, to compare it. */
export function listClaimedSizes({ claimed }: NewestCheckpoint): readonly number[] {
  return claimed && !(claimed instanceof LeixError) ? [claimed.size] : [];
}

/**
 * Why the newest checkpoint does not count: the ledger service did not sign it, so nobody can say how much
 * is public. Undefined for one that counts, and where there is none.
 */
export async function findForeign(
  { note, claimed }: NewestCheckpoint,
  { keys }: ProvenStore,
): Promise<LeixError | undefined> {
  if (!note) return undefined;
  if (claimed instanceof LeixError) return claimed;
  try {
    await verifyClaimed(note, keys);
    return undefined;
  } catch (error) {
    if (error instanceof LeixError && error.code === "ledger/checkpoint-invalid") return error;
    throw error;
  }
}

/**
 * What is public stays true: a ledger that does not reach that far would be another one for its readers.
 * Throws `ledger/checkpoint-uncovered`, `ledger/root-differs`.
 */
export function refuseOlderStore({ claimed }: NewestCheckpoint, { head }: LedgerReader, roots: Roots): void {
  if (!claimed || claimed instanceof LeixError) return;
  const { size, root } = claimed;
  if (size > head.size) {
    throw new LeixError("ledger/checkpoint-uncovered", `${size} are public, the store has ${head.size}`);
  }
  const own = roots.get(size);
  if (size > 0 && !(own && isSameHash(own, root))) {
    throw new LeixError("ledger/root-differs", `what is public has another root at size ${size}`);
  }
}

type Roots = ProvenStore["roots"];

/**
 * Brings CHECKPOINT to where the store is, after everything that the checkpoint covers is in LEDGER: whoever
 * has seen it there would take an older one, or none, for another rollback. True where that was needed.
 */
export async function renewCheckpoint(
  nc: PartyConnection,
  { claimed }: NewestCheckpoint,
  isForeign: boolean,
  { head }: LedgerReader,
): Promise<boolean> {
  const size = !isForeign && claimed && !(claimed instanceof LeixError) ? claimed.size : -1;
  if (size >= head.size) return false;
  await appendCheckpoint(nc, head.note, await loadCheckpointEnd(nc));
  return true;
}

function tryReadClaimed(note: Uint8Array): TreeHead | LeixError {
  try {
    return readClaimed(note);
  } catch (error) {
    if (error instanceof LeixError) return error;
    throw error;
  }
}
