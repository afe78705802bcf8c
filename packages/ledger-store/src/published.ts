import { LeixError } from "@leix/protocol";
import {
  type AcceptancePolicy,
  acceptCheckpoint,
  type Checkpoint,
  createAcceptancePolicy,
  parseCheckpoint,
  parseNote,
  type TreeHead,
} from "@leix/tlog";
import type { Disk } from "./disk.ts";
import { CHECKPOINT_PATH } from "./layout.ts";

/** A checkpoint as it stands in the store, and what it says. */
export interface Published extends Checkpoint {
  readonly note: Uint8Array;
}

/**
 * Who signs a store's checkpoints: a verifier key (vkey); or, for who follows the ledger that names the keys,
 * those that may have signed a checkpoint which claims this head.
 */
export type LogKeys = string | ((claimed: TreeHead) => Promise<readonly string[]>);

/** What the store believes: checkpoints that one of these has signed. */
export type LogPolicy = (claimed: TreeHead) => Promise<readonly AcceptancePolicy[]>;

/** Throws `tlog/key`. */
export async function createLogPolicy(log: LogKeys): Promise<LogPolicy> {
  const known = new Map<string, AcceptancePolicy>();
  const open = async (key: string): Promise<AcceptancePolicy> => {
    const policy = known.get(key) ?? (await createAcceptancePolicy({ log: key, witnesses: [], quorum: 0 }));
    known.set(key, policy);
    return policy;
  };
  if (typeof log === "string") {
    const policies = [await open(log)];
    return async () => policies;
  }
  return async (claimed) => Promise.all((await log(claimed)).map(open));
}

/** Throws the codes of `acceptCheckpoint`. Cosignatures are for those who know the witnesses. */
export async function readNote(note: Uint8Array, listPolicies: LogPolicy): Promise<Published> {
  const { text, signatures } = parseNote(note);
  const policies = await listPolicies(parseCheckpoint(text));
  const policy = policies.find(({ log: { key } }) => {
    return signatures.some(({ name, keyId }) => name === key.name && keyId === key.keyId);
  });
  if (!policy) throw new LeixError("tlog/note-unsigned", "not signed by the log");
  // Without witnesses there is nothing that time would judge.
  const { checkpoint } = await acceptCheckpoint(note, policy, 0);
  return { ...checkpoint, note };
}

/** The checkpoint in the store, null before the first. Throws `ledger/checkpoint-invalid`. */
export async function loadPublished(disk: Disk, policy: LogPolicy): Promise<Published | null> {
  const note = await disk.read(CHECKPOINT_PATH);
  if (!note) return null;
  try {
    return await readNote(note, policy);
  } catch (cause) {
    if (!(cause instanceof LeixError) || cause.code.startsWith("ledger/")) throw cause;
    throw new LeixError("ledger/checkpoint-invalid", `${CHECKPOINT_PATH}: ${cause.message}`, { cause });
  }
}
