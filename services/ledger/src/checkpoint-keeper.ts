import { setTimeout as pause } from "node:timers/promises";
import type { LedgerWriter } from "@leix/ledger-store";
import { LeixError } from "@leix/protocol";
import type { TreeHead } from "@leix/tlog";
import type { LedgerEvents } from "./events.ts";
import { CHECKPOINT_SETTLE_MS, SETTLE_PAUSE_MS } from "./limits.ts";
import type { LogIdentity } from "./log-identity.ts";
import type { AppendedCheckpoint, Checkpoints } from "./ports.ts";
import { isBeginning } from "./store-tree.ts";

export interface CheckpointKeeperOptions {
  readonly writer: LedgerWriter;
  readonly checkpoints: Checkpoints;
  readonly identity: LogIdentity;
  readonly events: LedgerEvents;
  /** Adds to a note what witnesses have said of it before it is published. */
  readonly toPublic: (note: Uint8Array, size: number) => Uint8Array;
  /** How long a server of a cluster that answers may be behind. */
  readonly settleMs?: number;
}

/** The one that signs. Never two of its calls at once. */
export interface CheckpointKeeper {
  /** The newest checkpoint as it is known; null before the first. */
  readonly newest: TreeHead | null;
  /** Records that are durable and that no checkpoint covers, as far as is known. */
  readonly uncovered: number;
  /**
   * Asks which checkpoint is the newest, and publishes it where the store has grown to it. Throws
   * `ledger/forked`, `ledger/rolled-back` where it is not of the store's tree, or of less than was public
   * before: CHECKPOINT was put back; `broker/no-answer`.
   */
  look(): Promise<void>;
  /** Compares and publishes what `look` found, once the store has grown to it. Throws as that does. */
  settle(): Promise<void>;
  /**
   * Signs what is durable, appends that to CHECKPOINT, publishes it. Where another checkpoint came first, or
   * the answer was lost, it looks instead: the next call goes on from there. Throws as `look` does.
   */
  sign(): Promise<void>;
}

/**
 * The newest checkpoint. Not `settled` while it is of more records than the store has yet: then these may
 * bring the key that signed it, and what it says is only claimed.
 */
interface Newest extends TreeHead {
  readonly sequence: number;
  readonly note: Uint8Array;
  readonly settled: boolean;
}

export function createCheckpointKeeper(options: CheckpointKeeperOptions): CheckpointKeeper {
  const { writer, checkpoints, identity, events } = options;
  let newest: Newest | null = null;

  /** A checkpoint of this log that the store has grown to must be of the store's tree. */
  async function settle(): Promise<void> {
    if (!newest || newest.settled || newest.size > writer.head.size) return;
    await identity.verify(newest.note);
    if (!(await isBeginning(writer.openReader(), newest))) throw toContradiction(newest, writer);
    newest = { ...newest, settled: true };
    await publish(options, newest);
  }

  async function look(): Promise<void> {
    const seen = Math.max(newest?.size ?? 0, writer.published?.size ?? 0);
    const stored = await loadSettled(options, seen);
    if (!stored) newest = null;
    else if (stored.sequence !== newest?.sequence) {
      const { size, root } = identity.read(stored.note);
      newest = { size, root, ...stored, settled: false };
    }
    await settle();
    // Whatever was published was there before: nothing may be signed over what is lost.
    const size = newest?.size ?? 0;
    if (size < seen) throw new LeixError("ledger/rolled-back", `CHECKPOINT ends at ${size}, after ${seen}`);
  }

  return {
    get newest() {
      return newest;
    },
    get uncovered() {
      return Math.max(0, writer.head.size - (newest?.size ?? 0));
    },
    look,
    settle,
    async sign() {
      // Another instance may have signed as much by now.
      await look();
      const { head } = writer;
      const isNewestOurs = newest?.settled ?? true;
      if (!isNewestOurs || (newest?.size ?? 0) >= head.size) return;
      // A crash before the append leaves a note that nobody has seen; after it, the newest checkpoint, which
      // the next start publishes: the store was durable before.
      const note = await identity.sign(head);
      try {
        const sequence = await checkpoints.append(note, newest?.sequence ?? 0);
        newest = { ...head, sequence, note, settled: true };
      } catch (error) {
        if (!isUndecided(error)) throw error;
        events.raced(head.size, error.code);
        await look();
        return;
      }
      await publish(options, newest);
    },
  };
}

/** What is older than what was seen is lost, unless it comes from a server that is behind. */
async function loadSettled(
  { checkpoints, identity, settleMs = CHECKPOINT_SETTLE_MS }: CheckpointKeeperOptions,
  seen: number,
): Promise<AppendedCheckpoint | null> {
  const startedAt = performance.now();
  while (true) {
    const stored = await checkpoints.load();
    const size = stored ? identity.read(stored.note).size : 0;
    if (size >= seen || performance.now() - startedAt >= settleMs) return stored;
    await pause(SETTLE_PAUSE_MS);
  }
}

async function publish(
  { writer, events, toPublic }: CheckpointKeeperOptions,
  { note, size }: Newest,
): Promise<void> {
  if (size <= (writer.published?.size ?? 0)) return;
  try {
    await writer.publish(toPublic(note, size));
    events.published(size);
  } catch (error) {
    // Another instance signed where this store never ended, and has no partial tiles. The tree is the same,
    // and more of it: the next checkpoint is about to be signed.
    if (size < writer.head.size && isUncovered(error)) return;
    throw error;
  }
}

function isUncovered(error: unknown): boolean {
  return error instanceof LeixError && error.code === "ledger/checkpoint-uncovered";
}

function isUndecided(error: unknown): error is LeixError {
  return (
    error instanceof LeixError &&
    (error.code === "broker/head-moved" || error.code === "broker/not-acknowledged")
  );
}

/**
 * Two signed trees where this store has published as much; otherwise what was signed is not what the records
 * are now.
 */
function toContradiction({ size }: TreeHead, { published }: LedgerWriter): LeixError {
  return published && published.size >= size
    ? new LeixError("ledger/forked", `two checkpoints that do not extend each other, of ${size}`)
    : new LeixError("ledger/rolled-back", `the first ${size} records are not those that were signed`);
}
