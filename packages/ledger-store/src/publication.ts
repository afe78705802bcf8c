import { LeixError } from "@leix/protocol";
import { type HashTile, isSameHash, type TreeHead, toRoot } from "@leix/tlog";
import type { Disk } from "./disk.ts";
import { type LogPolicy, type Published, readNote } from "./published.ts";
import { loadTile } from "./tile-files.ts";
import { loadEdge } from "./tree-edge.ts";

/** What a checkpoint that comes next is measured by. */
export interface DurableStore {
  readonly disk: Disk;
  readonly head: TreeHead;
  /** The size that the last checkpoint covers. */
  readonly published: number;
}

/**
 * A checkpoint that may be published: signed by the log, of this very tree, of no more of it than is durable
 * and no less than is published. Throws `ledger/checkpoint-invalid`, `ledger/checkpoint-uncovered`,
 * `ledger/checkpoint-older`.
 */
export async function verifyPublication(
  note: Uint8Array,
  policy: LogPolicy,
  store: DurableStore,
): Promise<Published> {
  const checkpoint = await readNote(note, policy).catch((cause: unknown) => {
    if (!(cause instanceof LeixError)) throw cause;
    throw new LeixError("ledger/checkpoint-invalid", cause.message, { cause });
  });
  const { size, root } = checkpoint;
  if (size < store.published) {
    throw new LeixError("ledger/checkpoint-older", `${size}, after ${store.published}`);
  }
  if (!isSameHash(await loadRoot(store, size), root)) {
    throw new LeixError("ledger/checkpoint-uncovered", `another root at size ${size}`);
  }
  return checkpoint;
}

/** The root that this tree had at a size, from the tiles that a client would find. */
async function loadRoot({ disk, head }: DurableStore, size: number): Promise<Uint8Array> {
  if (size === head.size) return head.root;
  if (size > head.size) {
    throw new LeixError("ledger/checkpoint-uncovered", `${size}, of which ${head.size} are durable`);
  }
  const load = (tile: HashTile) => loadTile(disk, tile);
  const edge = await loadEdge(size, load).catch((cause: unknown) => {
    if (!(cause instanceof LeixError) || cause.code !== "tlog/tile-missing") throw cause;
    throw new LeixError("ledger/checkpoint-uncovered", `no head was given of size ${size}`, { cause });
  });
  return toRoot(edge.range);
}
