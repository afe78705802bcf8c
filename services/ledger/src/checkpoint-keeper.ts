import type { LedgerWriter } from "@leix/ledger-store";
import { LeixError } from "@leix/protocol";
import type { TreeHead } from "@leix/tlog";
import type { LedgerEvents } from "./events.ts";
import type { LogIdentity } from "./log-identity.ts";
import type { Checkpoints } from "./ports.ts";
import { isBeginning } from "./store-tree.ts";

export interface CheckpointKeeperOptions {
  readonly writer: LedgerWriter;
  readonly checkpoints: Checkpoints;
  readonly identity: LogIdentity;
  readonly events: LedgerEvents;
  /** Adds to a note what witnesses have said of it before it is published. */
  readonly toPublic: (note: Uint8Array, size: number) => Uint8Array;
}

/** The one that signs. Never two of its calls at once. */
export interface CheckpointKeeper {
  /** The newest checkpoint as it is known; null before the first. */
  readonly newest: TreeHead | null;
  /** Records that are durable and that no checkpoint covers, as far as is known. */
  readonly uncovered: number;
  /**
   * Asks which checkpoint is the newest, and publishes it where the store has grown to it. Throws
   * `ledger/forked`, `ledger/rolled-back` where it is not of the store's tree, `broker/no-answer`.
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

/** The newest checkpoint. Not `settled` while it is of more records than the store has yet. */
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
    if (!(await isBeginning(writer.openReader(), newest))) throw toContradiction(newest, writer);
    newest = { ...newest, settled: true };
    await publish(newest);
  }

  async function publish({ note, size }: Newest): Promise<void> {
    if (size <= (writer.published?.size ?? 0)) return;
    try {
      await writer.publish(options.toPublic(note, size));
      events.published(size);
    } catch (error) {
      // Another instance signed where this store never ended, and has no partial tiles. The tree is the same,
      // and more of it: the next checkpoint is about to be signed.
      if (size < writer.head.size && isUncovered(error)) return;
      throw error;
    }
  }

  async function look(): Promise<void> {
    const stored = await checkpoints.load();
    if (!stored) newest = null;
    else if (stored.sequence !== newest?.sequence) {
      const { size, root } = await identity.verify(stored.note);
      newest = { size, root, ...stored, settled: false };
    }
    await settle();
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
      await publish(newest);
    },
  };
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
