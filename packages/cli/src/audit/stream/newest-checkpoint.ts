import { loadCheckpoint } from "@leix/broker";
import type { LedgerReader } from "@leix/ledger-store";
import { type ErrorCode, LeixError } from "@leix/protocol";
import type { PartyConnection } from "@leix/runtime";
import { readClaimed, verifyClaimed } from "@leix/seen-ledger";
import { isSameHash, parseVerifierKey } from "@leix/tlog";

/** What is wrong with the newest checkpoint in CHECKPOINT. */
export interface CheckpointFinding {
  readonly code: ErrorCode;
  readonly detail: string;
}

/**
 * The newest in CHECKPOINT beside the store's own, which was there before the store had it. One that is ahead
 * of the store is only known by its signature.
 */
export async function compareCheckpoint(
  nc: PartyConnection,
  { head }: Pick<LedgerReader, "head">,
  log: string,
): Promise<CheckpointFinding | null> {
  const stored = await loadCheckpoint(nc);
  if (!stored)
    return { code: "ledger/rolled-back", detail: `empty; the store's covers ${head.size} records` };
  try {
    const { size, root } = readClaimed(stored.note);
    await verifyClaimed(stored.note, [parseVerifierKey(log, "ed25519")]);
    if (size < head.size) {
      return { code: "ledger/rolled-back", detail: `of ${size} records; the store's covers ${head.size}` };
    }
    if (size > head.size || isSameHash(root, head.root)) return null;
    return { code: "ledger/root-differs", detail: `at size ${size}` };
  } catch (error) {
    if (!(error instanceof LeixError)) throw error;
    return { code: error.code, detail: error.detail };
  }
}
