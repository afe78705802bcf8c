import { LeixError } from "@leix/protocol";
import { type AcceptancePolicy, acceptCheckpoint, type Checkpoint, createAcceptancePolicy } from "@leix/tlog";
import type { Disk } from "./disk.ts";
import { CHECKPOINT_PATH } from "./layout.ts";

/** A checkpoint as it stands in the store, and what it says. */
export interface Published extends Checkpoint {
  readonly note: Uint8Array;
}

/** What the store believes: checkpoints that this verifier key signed. Throws `tlog/key`. */
export function createLogPolicy(log: string): Promise<AcceptancePolicy> {
  return createAcceptancePolicy({ log, witnesses: [], quorum: 0 });
}

/** Throws the codes of `acceptCheckpoint`. Cosignatures are for those who know the witnesses. */
export async function readNote(note: Uint8Array, policy: AcceptancePolicy): Promise<Published> {
  // Without witnesses there is nothing that time would judge.
  const { checkpoint } = await acceptCheckpoint(note, policy, 0);
  return { ...checkpoint, note };
}

/** The checkpoint in the store, null before the first. Throws `ledger/checkpoint-invalid`. */
export async function loadPublished(disk: Disk, policy: AcceptancePolicy): Promise<Published | null> {
  const note = await disk.read(CHECKPOINT_PATH);
  if (!note) return null;
  try {
    return await readNote(note, policy);
  } catch (cause) {
    if (!(cause instanceof LeixError)) throw cause;
    throw new LeixError("ledger/checkpoint-invalid", `${CHECKPOINT_PATH}: ${cause.message}`, { cause });
  }
}
